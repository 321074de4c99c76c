// Counts requests per key. The counts are in the database, so that all web processes share them. A process
// writes the counts of many requests in one lot.
//
// The table is unlogged and uses the database's clock. A crash may lose the counts, and nothing else.
import ipaddr from 'ipaddr.js';
import type { Allowance } from '../config/limits.js';
import type { Db } from '../db.js';
import { inLots } from '../lots.js';
import { addToCounts, selectRates } from './store.js';

export interface Count {
  /** Includes this request. */
  count: number;
  secondsLeft: number;
}

export interface Counts {
  /** Adds one to the key's count. */
  add(key: string, allowance: Allowance): Promise<Count>;
  /** Reads the counts of these keys. */
  look(keys: readonly string[]): Promise<Map<string, number>>;
}

/** The key of one caller: an IPv4 address, or a /64 of IPv6, the smallest network that a customer gets. */
export function callerKey(ip: string): string {
  if (!ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
}

/**
 * Whether the address is loopback. Such a caller is not one reader, but a proxy that TRUST_PROXY does not
 * name, or a script of the operator.
 */
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
      // The database added the whole lot at once. Each request gets the count at its position in the lot.
      sum.times -= 1;
      return { count: row.count - sum.times, secondsLeft: row.secondsLeft };
    });
  });
  return {
    add: (key, { withinSeconds }) => add({ key, withinSeconds }),
    async look(keys) {
      return new Map((await selectRates(db, keys)).map(({ key, count }) => [key, count]));
    },
  };
}
