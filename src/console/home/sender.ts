// What the last checks found of the relays and of the senders' DNS, for the first steps and the tasks of newsletters.
import { domainOfSender } from '../../mail/check-sender.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { lastDomainChecks, lastRelayTests } from '../../sender-checks/checks.js';
import type { ConsoleDeps } from '../deps.js';

export interface SenderState {
  /** A relay took a test, and none failed the last one. False while mail is only caught here. */
  relayWorks: boolean;
  dnsWorks: boolean;
  /** Records that are missing or wrong. Undefined: none, or the domain was never checked. */
  lacking: { domain: string; records: readonly string[] } | undefined;
  /** The domain whose mail goes out without a signature. */
  unsigned: string | undefined;
}

type Sender = Pick<Newsletter, 'from'>;

/** Two statements for all of them. None asks another server. */
export async function sendersState(
  { db, sending, goesUnsigned }: Pick<ConsoleDeps, 'db' | 'sending' | 'goesUnsigned'>,
  senders: readonly Sender[],
): Promise<(sender: Sender) => SenderState> {
  const domainOf = ({ from }: Sender): string => domainOfSender(from.address);
  const [tests, checks] = await Promise.all([
    lastRelayTests(
      db,
      sending.relays.map(({ name }) => name),
    ),
    lastDomainChecks(db, [...new Set(senders.map(domainOf))]),
  ]);
  const isCaught = sending.caughtMailUrl !== undefined;
  const worked = [...tests.values()].map((test) => test.worked);
  return (sender) => {
    const domain = domainOf(sender);
    const check = checks.get(domain);
    const unsigned = goesUnsigned(domain) ? domain : undefined;
    // Another task says that nothing signs.
    const records = (check?.lacks ?? []).filter((one) => one !== 'DKIM' || unsigned === undefined);
    return {
      relayWorks: !isCaught && worked.length > 0 && worked.every(Boolean),
      dnsWorks: check?.lacks.length === 0,
      lacking: isCaught || records.length === 0 ? undefined : { domain, records },
      unsigned,
    };
  };
}
