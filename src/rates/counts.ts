// How often something was asked for. Counted in the database, in lots, so that all web processes count together.
//
// Unlogged and by the database's clock: a crash may forget who asked how often, and nothing else.
import ipaddr from 'ipaddr.js';
import type { Allowance } from '../config/limits.js';
import type { Db } from '../db.js';
import { inLots } from '../lots.js';
import { addToCounts, selectCounts } from './store.js';

export interface Count {
  /** This one with all before it. */
  count: number;
  secondsLeft: number;
}

export interface Counts {
  /** Adds one. */
  add(key: string, allowance: Allowance): Promise<Count>;
  /** Where these stand; nothing is added. */
  look(keys: readonly string[]): Promise<Map<string, number>>;
}

/** What counts as one caller: an IPv4 address, or the /64 that one IPv6 customer has at least. */
export function callerKey(ip: string): string {
  if (!ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
}

/** A proxy in front of us that TRUST_PROXY does not name, or a script of the operator's: not one reader. */
export function isThisMachine(ip: string): boolean {
  return ipaddr.isValid(ip) && ipaddr.process(ip).range() === 'loopback';
}

type Asked = { key: string; withinSeconds: number };

export function openCounts(db: Db): Counts {
  const add = inLots<Asked, Count>(async (lot) => {
    const sums = new Map<string, { key: string; times: number; withinSeconds: number }>();
    for (const { key, withinSeconds } of lot)
      sums.set(key, { key, withinSeconds, times: (sums.get(key)?.times ?? 0) + 1 });
    const counted = new Map((await addToCounts(db, [...sums.values()])).map((row) => [row.key, row]));
    return lot.map(({ key }) => {
      const row = counted.get(key);
      const sum = sums.get(key);
      if (!row || !sum) throw new Error('a count was written and is not there');
      // The lot was added at once; each of its requests has a place of its own in it.
      sum.times -= 1;
      return { count: row.count - sum.times, secondsLeft: row.secondsLeft };
    });
  });
  return {
    add: (key, { withinSeconds }) => add({ key, withinSeconds }),
    async look(keys) {
      return new Map((await selectCounts(db, keys)).map(({ key, count }) => [key, count]));
    },
  };
}
