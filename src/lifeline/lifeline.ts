// A database that was restored to an earlier state (a backup, a stand-by that lagged) does not know what was
// sent since: it would send yesterday's digest again. So every process that works with it beats:
//
//   1. ask the witnesses outside of the database: this process, a file in DATA_DIR, Redis if the queue is
//      there
//   2. count the beat in the database, which returns what it knew before
//   3. compare (judge-database.ts). If they disagree, hold all sending: nothing is planned, assembled or
//      sent, issues under way are paused, and log, console, API and metrics say why
//   4. tell the witnesses about this beat
//
// Only a person ends the hold (src/hold.ts), because only a person can know whether the lost issues were
// sent.
import { addAccountMails } from '../account-mails/add.js';
import type { Installation } from '../bullmq/backend.js';
import type { Db } from '../db.js';
import { day } from '../durations.js';
import type { Log } from '../log.js';
import { eachPlanned } from '../newsletters/each-planned.js';
import { judgeDatabase, type Judgement, type Mark } from './judge-database.js';
import {
  beat,
  hold,
  holdId,
  isIssueUnderWay,
  nameDatabase,
  selectDatabaseId,
  selectHold,
  selectPlace,
  selectServer,
  setPlace,
  type HoldRow,
} from './store.js';

/** Remembers the last beat outside of the database. */
export interface Witness {
  read(databaseId: string): Promise<Mark | undefined>;
  write(databaseId: string, mark: { beat: number; at: Date }): Promise<void>;
}

interface LifelineDeps {
  db: Db;
  log: Log;
  now: () => Date;
  witnesses: readonly Witness[];
  /**
   * Stops what would send, within the transaction that begins the hold. `first`: sending was not held before.
   */
  stop: (tx: Db, held: { reason: string; first: boolean }) => Promise<void>;
}

/** Names this installation: a queue on Redis notes it as its owner. */
export async function installationOf(db: Db): Promise<Installation> {
  const databaseId = (await selectDatabaseId(db)) ?? (await nameDatabase(db));
  const { server, database } = await selectServer(db);
  return { databaseId, place: [server, database].filter((part) => part !== undefined).join('/') };
}

export interface Lifeline {
  /** Throws if the database is away. A witness that is away does not count. */
  beat(): Promise<void>;
}

export function createLifeline(deps: LifelineDeps): Lifeline {
  const { db, log, now } = deps;
  let own: { databaseId: string; mark: Mark } | undefined;

  async function readMarks(databaseId: string): Promise<Mark[]> {
    const read = await Promise.all(
      deps.witnesses.map((witness) => witness.read(databaseId).catch(() => undefined)),
    );
    const mine = own?.databaseId === databaseId ? own.mark : undefined;
    return [mine, ...read].filter((mark) => mark !== undefined);
  }

  return {
    async beat() {
      const place = await selectPlace(db);
      const known = await selectDatabaseId(db);
      // Before the beat: a beat that another process notes meanwhile would look like one that the database
      // lost.
      const asked = known === undefined ? [] : await readMarks(known);
      const seen = await beat(db, place);
      const marks = seen.databaseId === known ? asked : [];
      const judgement = judgeDatabase(
        {
          beat: seen.beatBefore,
          at: seen.beatAtBefore ?? undefined,
          place: seen.placeBefore ?? undefined,
        },
        marks,
        place,
      );
      const reason = await reasonToHold(deps, judgement);
      if (reason !== undefined && judgement.is !== 'the-same') {
        const held = await db.transaction(async (tx) => {
          const { first, heldAt } = await hold(tx, {
            reason,
            lostFrom: judgement.lostFrom ?? null,
            lostUntil: judgement.is === 'behind' ? judgement.lostUntil : null,
            beat: judgement.is === 'behind' ? judgement.beat : seen.beat,
          });
          if (first) await addAccountMails(tx, { kind: 'hold', subjectId: holdId({ heldAt }), now: now() });
          await deps.stop(tx, { reason, first });
          return first;
        });
        if (held)
          log.error({ reason }, 'sending is held until a person decides: npx daily-digest sending release');
        // The next beat tells the witnesses.
        return;
      }
      const mark = { beat: seen.beat, at: now() };
      own = { databaseId: seen.databaseId, mark: { ...mark, copied: false } };
      for (const witness of deps.witnesses)
        await witness
          .write(seen.databaseId, mark)
          .catch((err: unknown) => log.debug({ err }, 'lifeline: a witness could not note the beat'));
    },
  };
}

async function reasonToHold(deps: LifelineDeps, judgement: Judgement): Promise<string | undefined> {
  switch (judgement.is) {
    case 'the-same':
      return undefined;
    case 'behind': {
      const from = judgement.lostFrom?.toISOString() ?? 'an earlier time';
      return (
        `the database was restored to its state at ${from}. It does not know what happened until ` +
        `${judgement.lostUntil.toISOString()}, and would send the digests of that time again`
      );
    }
    case 'elsewhere':
      // If nothing was due or under way, it makes no difference what the database lost.
      return (await wasDueSince(deps, judgement.lostFrom)) || (await isIssueUnderWay(deps.db))
        ? `the database has moved since ${judgement.lostFrom.toISOString()}, and an issue was due or under way. ` +
            'Nothing outside of the database can tell whether it was restored to an earlier state'
        : undefined;
  }
}

/** Whether any newsletter had a slot since. */
async function wasDueSince({ db, now }: LifelineDeps, since: Date): Promise<boolean> {
  const until = now();
  // A weekly reader was due within eight days.
  const after = new Date(Math.max(since.getTime(), until.getTime() - 8 * day));
  return (await eachPlanned(db)).some(({ slots }) => slots(after, until).length > 0);
}

export type { HoldRow } from './store.js';

/** After a restore: the next beat asks what may be lost, also on the server of the backup. */
export function markMoved(tx: Pick<Db, 'query'>): Promise<void> {
  return setPlace(tx, 'a backup');
}

/** Since when and why sending is held; undefined: it is not. */
export function getHold(db: Db): Promise<HoldRow | undefined> {
  return selectHold(db);
}
