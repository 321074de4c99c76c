// What a web process listens on, and who reaches it, for the lines at the start. Pure.
import ipaddr from 'ipaddr.js';
import type { Config } from './environment.js';
import { isLoopback } from './relays.js';

const isEveryAddress = (host: string): boolean =>
  ipaddr.isValid(host) && ipaddr.parse(host).range() === 'unspecified';

/** The address, and in brackets who reaches it. */
export function listeningInWords({
  host,
  port,
  metricsToken,
}: Pick<Config, 'host' | 'port' | 'metricsToken'>): {
  listens: string;
  metrics: string;
} {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const reach = isLoopback(host)
    ? 'only this machine reaches it'
    : `${isEveryAddress(host) ? 'every network of this machine' : 'every network that knows this address'} reaches it, ` +
      'without TLS: put a proxy with TLS in front, or set HOST=127.0.0.1';
  return {
    listens: `${address}  (${reach})`,
    metrics:
      metricsToken === undefined
        ? '/metrics answers this machine only: set METRICS_TOKEN for others'
        : '/metrics answers requests with METRICS_TOKEN',
  };
}
