// A new sending domain sends more mail from day to day, because mailbox providers want to get to know it
// first (SMTP_URL's warmup=on). Each day with mail is a step. A month without mail starts again.
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import { decideOutcome } from '../mail/outcome.js';
import type { HandOver } from '../mail/outcome.js';
import type { Relay } from '../mail/relay.js';
import type { Permit } from '../mail/lane.js';
import type { Relays } from '../mail/relays.js';
import * as store from './store-warm-up.js';

/** Messages a day, as is common: about twice as many each day. After the last step there is no limit. */
const ramp = [50, 100, 200, 400, 800, 1_500, 3_000, 6_000, 12_000, 25_000, 50_000, 100_000, 200_000, 400_000];

/** The relays that have nothing left today for the batch's sender. */
export type Spent = Set<Relay>;

/**
 * A permit for the next lot of mail from `domain`. A relay that warms up gives no more than what is left of
 * the domain's allowance of today, which all workers share. As relays.next; never throws.
 */
export async function requestPermitFor(
  { db, relays, log }: { db: Db; relays: Pick<Relays, 'requestPermit'>; log: Log },
  domain: string,
  spent: Spent,
): Promise<Permit | { wait: number } | undefined> {
  for (;;) {
    const leave = await relays.requestPermit({ without: spent });
    if (leave === undefined || 'wait' in leave || !leave.relay.warmsUp) return leave;
    try {
      const { granted: limit, day } = await store.takeAllowance(db, { domain, want: leave.limit, ramp });
      if (limit > 0)
        return {
          ...leave,
          limit,
          ended: (handOvers) => {
            leave.ended(handOvers);
            void giveBack(day, limit - handOvers.filter(counts).length);
          },
        };
      spent.add(leave.relay);
      leave.ended([]);
    } catch (err) {
      log.warn({ err, domain }, 'delivery: the warm-up was not asked; asking again');
      leave.ended([]);
      return { wait: 1_000 };
    }
  }

  async function giveBack(day: string, messages: number): Promise<void> {
    // If the database is away these are lost: a few messages less today.
    if (messages > 0) await store.giveBackAllowance(db, { domain, day, messages }).catch(() => undefined);
  }
}

/** Whether a provider may have seen the message. A failing relay passes nothing on. */
function counts(handOver: HandOver): boolean {
  return decideOutcome(handOver).outcome !== 'relay-trouble';
}

/** The domains that are warming up and have mailed today. */
export function warmUpsToday(db: Db): Promise<store.WarmUpRow[]> {
  return store.selectWarmUps(db);
}

/** Today's allowance of this sender, if it is used up. */
export function usedUp(db: Db, domain: string): Promise<store.UsedUpRow | undefined> {
  return store.selectUsedUp(db, domain);
}
