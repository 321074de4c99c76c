// A mailer for commands that send a few messages themselves.
import { openDkim } from '../../mail/dkim.js';
import { openRelays, type Relays } from '../../mail/relays.js';
import { createMailer, type ComposedMailer } from '../../mail/send.js';
import { noRank } from '../../mail/share.js';
import type { Context } from '../context.js';

/** Close the relays after the last message. */
export function openMailer({ config, db, log, now, secrets }: Context): {
  mailer: ComposedMailer;
  relays: Relays;
} {
  const relays = openRelays(config.relays ?? [], { db, log, rank: noRank });
  const signer = config.dkim.length === 0 ? undefined : openDkim(config.dkim, { now, log });
  const envelopes = { keys: secrets.derive('verp'), domain: config.bounceDomain };
  return { mailer: createMailer({ relays, now, signer, envelopes }), relays };
}
