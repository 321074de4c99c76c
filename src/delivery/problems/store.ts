// The SQL of problem_acts, and the deliveries that an act looks at.
import type { Db } from '../../db.js';
import type { TroubledRow } from '../ledger.js';

export interface ProblemAct {
  id: string;
  issueId: string;
  /** The key of the problem. */
  problem: string;
  act: 'resend' | 'suppress';
  state: TroubledRow['state'];
  /** The server's reply without addresses. null: there was none. */
  reply: string | null;
  /** The readers with the problem when the act began; not counted exactly if they are very many. */
  readers: number;
  upTo: boolean;
  done: number;
  /** The subscriber that was looked at last. */
  after: string;
  createdAt: Date;
  endedAt: Date | null;
}

const columns = 'id, issue_id, problem, act, state, reply, readers, up_to, done, after, created_at, ended_at';

/** The next deliveries in a troubled state after the subscriber `after`, in the order of deliveries_troubled. */
export async function selectTroubledAfter(
  db: Db,
  { issueId, state, after, limit }: Pick<ProblemAct, 'issueId' | 'state' | 'after'> & { limit: number },
): Promise<TroubledRow[]> {
  return db.query(
    `select subscriber_id, state, reason, reply_code, reply, due_at, returned_at is not null as returned
     from deliveries
     where issue_id = $1 and state = $2 and state not in ('queued', 'sending', 'accepted') and subscriber_id > $3
     order by issue_id, state, subscriber_id limit $4`,
    [issueId, state, after, limit],
  );
}

/** Undefined: the same act is under way. */
export const insertAct = (
  db: Db,
  act: Omit<ProblemAct, 'id' | 'done' | 'after' | 'createdAt' | 'endedAt'> & { now: Date },
): Promise<ProblemAct | undefined> =>
  db.maybeOne<ProblemAct>(
    `insert into problem_acts (issue_id, problem, act, state, reply, readers, up_to, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (issue_id, problem, act) where ended_at is null do nothing returning ${columns}`,
    [act.issueId, act.problem, act.act, act.state, act.reply, act.readers, act.upTo, act.now],
  );

/** Undefined: the act has ended, or its issue is gone. */
export const selectOpenAct = (db: Db, id: string): Promise<ProblemAct | undefined> =>
  db.maybeOne<ProblemAct>(`select ${columns} from problem_acts where id = $1 and ended_at is null`, [id]);

/** Locks an act that has not ended, until the transaction ends. */
export const lockAct = (tx: Db, id: string): Promise<Pick<ProblemAct, 'after'> | undefined> =>
  tx.maybeOne('select after from problem_acts where id = $1 and ended_at is null for update', [id]);

export async function moveAct(
  tx: Db,
  id: string,
  { done, after, endedAt }: { done: number; after: string; endedAt: Date | null },
): Promise<void> {
  await tx.query('update problem_acts set done = done + $2, after = $3, ended_at = $4 where id = $1', [
    id,
    done,
    after,
    endedAt,
  ]);
}

/** The newest first. */
export const selectActs = (db: Db, issueId: string, limit: number): Promise<ProblemAct[]> =>
  db.query<ProblemAct>(`select ${columns} from problem_acts where issue_id = $1 order by id desc limit $2`, [
    issueId,
    limit,
  ]);

export async function selectOpenActs(db: Db, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    'select id from problem_acts where ended_at is null order by id limit $1',
    [limit],
  );
  return rows.map(({ id }) => id);
}
