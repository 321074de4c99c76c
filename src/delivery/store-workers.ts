// The processes that deliver (src/delivery/living-workers.ts).
import type { Db } from '../db.js';

export interface WorkerRow {
  id: string;
  host: string;
  pid: number;
  /** The pid has a meaning in this space only (living-workers.ts). */
  pidSpace: string;
}

/**
 * Workers with a sign of life within `silence` milliseconds, and the worker that asks, in the order of their
 * start. A sign more than `lead` in the future dates from before the database's clock was set back, and does
 * not count.
 */
export async function selectLivingWorkers(
  db: Db,
  asks: string,
  { silence, lead }: { silence: number; lead: number },
): Promise<WorkerRow[]> {
  return db.query(
    `select id, host, pid, pid_space from delivery_workers
     where id = $1 or (ended_at is null and seen_at > now() - $2 * interval '1 millisecond'
       and seen_at <= now() + $3 * interval '1 millisecond')
     order by id`,
    [asks, silence, lead],
  );
}

/**
 * Replaces signs of life in the future, from before the database's clock was set back: silence counts from
 * now.
 */
export async function endFutureSigns(db: Db, lead: number): Promise<void> {
  await db.query(
    `update delivery_workers set seen_at = now(), started_at = least(started_at, now())
     where ended_at is null and seen_at > now() + $1 * interval '1 millisecond'`,
    [lead],
  );
}

/** Whether the batch has queued readers at these domains, or at any. */
export async function hasQueued(
  db: Db,
  { issueId, batch, domains }: { issueId: string; batch: number; domains: readonly string[] | 'any' },
): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    `select exists (select from deliveries d
       where d.issue_id = $1 and d.batch = $2 and d.state = 'queued'
         and exists (select from issues where id = $1 and paused_at is null and cancelled_at is null)
         and ($3::text[] is null or (select domain from subscribers where id = d.subscriber_id) = any ($3))) as found`,
    [issueId, batch, domains === 'any' ? null : domains],
  );
  return found;
}

export async function insertWorker(
  db: Db,
  worker: Omit<WorkerRow, 'id'> & { instance: string },
): Promise<string> {
  const { id } = await db.one<{ id: string }>(
    'insert into delivery_workers (instance, host, pid, pid_space) values ($1, $2, $3, $4) returning id',
    [worker.instance, worker.host, worker.pid, worker.pidSpace],
  );
  return id;
}

export async function selectWorkerOfInstance(db: Db, instance: string): Promise<{ id: string } | undefined> {
  return db.maybeOne('select id from delivery_workers where instance = $1', [instance]);
}

/**
 * A sign of life. It takes back an end that was reported by mistake. started_at says since when signs came
 * without a gap of `gap` milliseconds. It goes over the connections of the delivery turns (store-turn.ts): a
 * worker that cannot use these must not look alive.
 */
export async function touchWorker(db: Db, id: string, gap: number): Promise<void> {
  await db.query(
    `update delivery_workers set seen_at = now(), ended_at = null,
       started_at = case when seen_at < now() - $2 * interval '1 millisecond' then now() else started_at end
     where id = $1`,
    [id, gap],
    { name: 'worker-beat', plan: 'generic' },
  );
}

export async function endWorker(db: Db, id: string): Promise<void> {
  await db.query('update delivery_workers set ended_at = now() where id = $1 and ended_at is null', [id]);
}

export async function endWorkerOfInstance(db: Db, instance: string): Promise<void> {
  await db.query('update delivery_workers set ended_at = now() where instance = $1 and ended_at is null', [
    instance,
  ]);
}

/** Counts workers with a sign of life within `silence` milliseconds. */
export async function countLivingWorkers(db: Db, silence: number): Promise<number> {
  const { count } = await db.one<{ count: number }>(
    `select count(*)::int as count from delivery_workers
     where ended_at is null and seen_at > now() - $1 * interval '1 millisecond'`,
    [silence],
  );
  return count;
}

/** Deletes workers that ended and hold no delivery. */
export async function forgetWorkers(db: Db): Promise<void> {
  await db.query(
    `delete from delivery_workers w
     where (ended_at < now() - interval '1 day' or seen_at < now() - interval '2 days')
       and not exists (select from deliveries d, issues i
         where i.finished_at is null and d.issue_id = i.id and d.state = 'sending' and d.worker_id = w.id)`,
  );
}

/** Notes by how many seconds the clock of the worker's host is ahead of the database's. */
export async function writeClock(db: Db, id: string, ahead: number): Promise<void> {
  await db.query('update delivery_workers set clock_ahead = $2 where id = $1', [id, ahead]);
}

export interface HostClock {
  host: string;
  /** Seconds ahead of the database's clock; negative: behind. */
  ahead: number;
}

/** The clocks of the hosts with living workers: of each host, the one that differs most. */
export async function selectClocks(db: Db, silence: number): Promise<HostClock[]> {
  return db.query(
    `select distinct on (host) host, clock_ahead as ahead from delivery_workers
     where ended_at is null and seen_at > now() - $1 * interval '1 millisecond' and clock_ahead is not null
     order by host, abs(clock_ahead) desc`,
    [silence],
  );
}
