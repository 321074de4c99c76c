// Signs of life and leases, moved in their rows. They carry the database's own now(), so that a process whose
// clock is wrong looks neither dead nor alive. No clock of a test reaches them. Every other test moves the clock
// that the code takes, and not the rows: test/architecture/clock.js.
import { silence } from '../../src/delivery/recover.js';
import type { Db } from '../../src/db.js';

/** Puts a worker's last sign of life so far back that the sweep considers the worker dead. */
export async function silenceWorker(db: Db, workerId: string): Promise<void> {
  await db.query(`update delivery_workers set seen_at = now() - interval '2 minutes' where id = $1`, [
    workerId,
  ]);
}

/** A silence counts only while another worker gave signs of life all that time: this worker did. */
export async function makeWitness(db: Db, workerId: string): Promise<void> {
  await db.query(
    `update delivery_workers set seen_at = now(), started_at = now() - interval '2 minutes' where id = $1`,
    [workerId],
  );
}

/** Puts a worker's last sign of life an hour ahead, as after the database's clock was put back. */
export async function seeAhead(db: Db, workerId: string): Promise<void> {
  await db.query(`update delivery_workers set seen_at = now() + interval '1 hour' where id = $1`, [workerId]);
}

/** Makes the database believe that a minute has passed since these workers showed a sign of life. */
export async function letSilencePass(db: Db, instances: readonly string[]): Promise<void> {
  await db.query(
    `update delivery_workers set started_at = started_at - $2 * interval '1 millisecond',
       seen_at = seen_at - case when instance = any ($1) then $2 else 0 end * interval '1 millisecond'`,
    [instances, silence],
  );
}

/** The workers' last reports of progress were so many seconds earlier. */
export async function ageProgress(db: Db, issueId: string, seconds: number): Promise<void> {
  await db.query(
    `update issue_progress set updated_at = updated_at - $2 * interval '1 second',
       started_at = started_at - $2 * interval '1 second' where issue_id = $1`,
    [issueId, seconds],
  );
}

/** The last beat of the lifeline was at this time. */
export async function beatAt(db: Db, at: Date): Promise<void> {
  await db.query('update lifeline set beat_at = $1', [at]);
}

/** The worker of an import last made progress a minute earlier: the sweep looks for such imports. */
export async function ageImport(db: Db, importId: string): Promise<void> {
  await db.query(`update imports set progress_at = progress_at - interval '1 minute' where id = $1`, [
    importId,
  ]);
}

/** The pauses that providers asked for are over. */
export async function endPauses(db: Db): Promise<void> {
  await db.query(`update domain_slowdowns set until = now() - interval '1 second'`);
}

/** The pauses of providers that refuse our mail ended so many minutes ago. */
export async function endRefusalPauses(db: Db, minutes: number): Promise<void> {
  await db.query(`update provider_pauses set until = now() - $1 * interval '1 minute'`, [minutes]);
}

/** The pauses of providers ended two minutes ago, and nothing came from the providers since. */
export async function ageSlowdowns(db: Db): Promise<void> {
  await db.query(
    `update domain_slowdowns set until = now() - interval '2 minutes', updated_at = now() - interval '2 minutes'`,
  );
}

/** All mail of a warm-up was sent a day earlier: an allowance is for a day of the database. */
export async function ageWarmUps(db: Db): Promise<void> {
  await db.query('update warm_ups set day = day - 1');
}
