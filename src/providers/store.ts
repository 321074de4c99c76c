// Providers that asked for less, and those that refuse our mail (domain-pace.ts).
import type { Db } from '../db.js';
import type { Cause } from './refusals.js';

export interface SlowdownRow {
  groupKey: string;
  step: number;
  until: Date;
  reply: string;
  /** True: nothing is sent now. False: one message at a time. */
  stopped: boolean;
  /** It refuses our mail. False: it asked for less. */
  refuses: boolean;
}

export async function selectSlowdowns(db: Db): Promise<SlowdownRow[]> {
  return db.query(
    `select group_key, step, until, reply, until > now() as stopped, false as refuses from domain_slowdowns
     union all
     select group_key, times, until, reply, until > now(), true from provider_pauses where ended_at is null
     order by group_key`,
  );
}

/** 30 s, doubled with each earlier step, at most 30 min. */
const pauseAfter = (steps: string): string =>
  `least(interval '30 seconds' * 2 ^ (${steps}), interval '30 minutes')`;

/**
 * Stops the group for 30 s, and each further time for twice as long, at most 30 min. Changes nothing while
 * the group is stopped: a reply that arrives then answers a message sent before.
 */
export async function slowDown(db: Db, groupKey: string, reply: string): Promise<boolean> {
  return (
    (await db.change(
      `insert into domain_slowdowns as slow (group_key, step, until, reply)
       values ($1, 1, now() + interval '30 seconds', $2)
       on conflict (group_key) do update set
         step = least(slow.step + 1, 7),
         until = now() + ${pauseAfter('slow.step')},
         reply = excluded.reply, updated_at = now()
       where slow.until <= now()`,
      [groupKey, reply],
    )) === 1
  );
}

/** The groups accept messages again: one step back for each minute, until the row is deleted. */
export async function recoverGroups(db: Db, groupKeys: readonly string[]): Promise<void> {
  await db.query(
    `with better as (
       update domain_slowdowns set step = step - 1, updated_at = now()
       where group_key = any ($1) and step > 1 and greatest(until, updated_at) < now() - interval '1 minute'
     )
     delete from domain_slowdowns
     where group_key = any ($1) and step = 1 and greatest(until, updated_at) < now() - interval '1 minute'`,
    [groupKeys],
  );
}

export interface PauseRow {
  groupKey: string;
  cause: Cause;
  bad: number;
  ends: number;
  reply: string;
  pausedAt: Date;
  until: Date;
  /** True: nothing is sent now. */
  stopped: boolean;
  endedAt: Date | null;
}

const pauseColumns =
  'group_key, cause, bad, ends, reply, paused_at, until, ended_at is null and until > now() as stopped, ended_at';

/** Those that have not ended. */
export async function selectPauses(db: Db): Promise<PauseRow[]> {
  return db.query(
    `select ${pauseColumns} from provider_pauses where ended_at is null order by paused_at, group_key`,
  );
}

/** The last pause of the group, also one that has ended. */
export async function selectPause(db: Db, groupKey: string): Promise<PauseRow | undefined> {
  return db.maybeOne(`select ${pauseColumns} from provider_pauses where group_key = $1`, [groupKey]);
}

/** Pauses the group for four hours, and each further time for twice as long, at most a day. False: it is paused. */
export async function insertPause(
  tx: Db,
  { groupKey, cause, bad, ends, reply }: Pick<PauseRow, 'groupKey' | 'cause' | 'bad' | 'ends' | 'reply'>,
): Promise<boolean> {
  const paused = await tx.change(
    `insert into provider_pauses as p (group_key, cause, bad, ends, reply, paused_at, until, times)
     values ($1, $2, $3, $4, $5, now(), now() + interval '4 hours', 1)
     on conflict (group_key) do update set
       cause = excluded.cause, bad = excluded.bad, ends = excluded.ends, reply = excluded.reply, paused_at = now(),
       until = now() + least(interval '4 hours' * 2 ^ p.times, interval '1 day'),
       times = least(p.times + 1, 4), ended_at = null
     where p.ended_at is not null or p.until <= now()`,
    [groupKey, cause, bad, ends, reply],
  );
  return paused === 1;
}

/** Ends the pause of a group. False: there is none. */
export async function endPause(db: Db, groupKey: string): Promise<boolean> {
  const ended = await db.change(
    'update provider_pauses set ended_at = now() where group_key = $1 and ended_at is null',
    [groupKey],
  );
  return ended === 1;
}

/** The groups have taken one message at a time for ten minutes: their pauses have ended. */
export async function endTrials(db: Db, groupKeys: readonly string[]): Promise<void> {
  await db.query(
    `update provider_pauses set ended_at = now()
     where group_key = any ($1) and ended_at is null and until < now() - interval '10 minutes'`,
    [groupKeys],
  );
}

/** A pause that comes later begins with four hours again. */
export async function forgetPauses(db: Db): Promise<void> {
  await db.query(`delete from provider_pauses where ended_at < now() - interval '7 days'`);
}

/**
 * Deletes old rows: they say nothing about today. A pause longer than its step allows began before the
 * database's clock was set back: it is cut to the step's length.
 */
export async function forgetSlowdowns(db: Db): Promise<void> {
  await db.query(
    `with forgotten as (
       delete from domain_slowdowns where until < now() - interval '6 hours'
     )
     update domain_slowdowns set until = least(until, now() + ${pauseAfter('step - 1')}), updated_at = least(updated_at, now())
     where until > now() + ${pauseAfter('step - 1')} or updated_at > now()`,
  );
}
