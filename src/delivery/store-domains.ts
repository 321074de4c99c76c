// Providers that asked for less (src/delivery/domain-pace.ts).
import type { Db } from '../db.js';

export interface SlowdownRow {
  groupKey: string;
  step: number;
  until: Date;
  reply: string;
  /** True: nothing is sent now. False: one message at a time. */
  stopped: boolean;
}

export async function selectSlowdowns(db: Db): Promise<SlowdownRow[]> {
  return db.query(
    `select group_key, step, until, reply, until > now() as stopped from domain_slowdowns order by group_key`,
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
