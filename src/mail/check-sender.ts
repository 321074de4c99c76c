// Asks each relay whether it takes mail from a sender's address. Hands over no message.
import type { DkimKey } from '../config/dkim.js';
import type { RelayConfig } from '../config/relays.js';
import type { Keys } from '../secrets.js';
import { checkRelay, type RelayCheck, type TestEnvelope } from './check-relay.js';
import { verpSender } from './verp.js';

export interface SenderDeps {
  relays: readonly RelayConfig[];
  dkim: readonly DkimKey[];
  /** Receives bounces; undefined: the domain of each sender. */
  bounceDomain: string | undefined;
  verpKey: Keys;
}

export interface AskedRelay {
  relay: RelayConfig;
  check: RelayCheck;
}

export const domainOfSender = (address: string): string =>
  address.slice(address.lastIndexOf('@') + 1).toLowerCase();

/** One envelope for each domain among the senders. */
export async function askRelays(
  { relays, bounceDomain, verpKey }: Omit<SenderDeps, 'dkim'>,
  senders: readonly string[],
): Promise<AskedRelay[]> {
  const authors = new Map(senders.map((address) => [domainOfSender(address), address]));
  const envelopesFor = ({ verp }: RelayConfig): TestEnvelope[] =>
    [...authors].map(([domain, author]) => ({
      // Of no delivery: nothing has the number 0.
      sender: verp
        ? verpSender(verpKey, { issueId: '0', subscriberId: '0' }, bounceDomain ?? domain)
        : author,
      author,
    }));
  return Promise.all(
    relays.map(async (relay) => ({ relay, check: await checkRelay(relay, envelopesFor(relay)) })),
  );
}
