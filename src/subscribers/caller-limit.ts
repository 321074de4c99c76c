// How often one caller, and all callers together, may ask to subscribe.
//
// Counted in the database, so that several web processes count together; in memory while it is away. Behind a proxy
// on another machine that TRUST_PROXY does not name, every reader has the proxy's address and shares its limit; from this
// machine only the limit for all together counts.
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import ipaddr from 'ipaddr.js';
import type { Database } from '../db.js';
import { allCallers, perCaller } from './limits.js';

export interface CallerLimit {
  /** Counts one request. Undefined: go on; else the seconds to wait. */
  take(ip: string): Promise<number | undefined>;
}

interface Allowed {
  requests: number;
  withinSeconds: number;
}

/** What counts as one caller: an IPv4 address, or the /64 that one IPv6 customer has at least. */
export function callerKey(ip: string): string {
  if (!ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
}

/** A proxy in front of us that TRUST_PROXY does not name, or a script of the operator's: not one reader. */
function isThisMachine(ip: string): boolean {
  return ipaddr.isValid(ip) && ipaddr.process(ip).range() === 'loopback';
}

export function openCallerLimit(
  db: Pick<Database, 'pool'>,
  { one = perCaller, all = allCallers }: { one?: Allowed; all?: Allowed } = {},
): CallerLimit {
  const limiter = (keyPrefix: string, { requests, withinSeconds }: Allowed) => {
    const counting = { keyPrefix, points: requests, duration: withinSeconds };
    return new RateLimiterPostgres({
      ...counting,
      storeClient: db.pool,
      storeType: 'pool',
      tableName: 'rate_limits',
      tableCreated: true,
      // A caller over the limit is turned away without asking the database.
      inMemoryBlockOnConsumed: requests,
      insuranceLimiter: new RateLimiterMemory(counting),
    });
  };
  const callers = limiter('subscribe', one);
  const everyone = limiter('subscribe-all', all);
  return {
    async take(ip) {
      try {
        if (!isThisMachine(ip)) await callers.consume(callerKey(ip));
        await everyone.consume('all');
        return undefined;
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
        throw refused;
      }
    },
  };
}
