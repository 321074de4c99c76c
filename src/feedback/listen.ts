// Takes mail that comes back, by SMTP or LMTP.
//
//   1. RCPT is accepted only for an address with a token of ours, or for a role: everything else is refused at once
//      (550 5.1.1). So nothing is bounced later, and there are no addresses to harvest
//   2. 250 is said only after the commit; without the database, 451 keeps the mail at its sender
//   3. sizes, connections and wrong addresses are limited
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Log } from '../log.js';
import { originsIn } from '../mail/verp.js';
import type { Keys } from '../secrets.js';
import type { IncomingFeedback } from './put.js';
import { readLimited } from './read-limited.js';

export interface ListenOptions {
  protocol: 'smtp' | 'lmtp';
  host: string;
  /** 0: any free port. */
  port: number;
  /** PEM texts for STARTTLS. Undefined: it is not offered. */
  tls?: { cert: string; key: string } | undefined;
}

interface Deps {
  log: Log;
  verpKeys: Keys;
  /** Resolves after the commit. */
  put: (feedback: IncomingFeedback) => Promise<unknown>;
}

export interface FeedbackListener {
  port: number;
  close(): Promise<void>;
}

/** Complaints and reports of DMARC come to these. */
const roles = /^(?:fbl|dmarc)@/i;

const mostOctets = 1_048_576;
const mostConnections = 100;
const mostFromOneHost = 20;
const mostRefused = 10;
const mostRecipients = 100;

const refusal = (responseCode: number, message: string): Error =>
  Object.assign(new Error(message), { responseCode });

export async function listenForFeedback(deps: Deps, options: ListenOptions): Promise<FeedbackListener> {
  const { log, verpKeys } = deps;
  const fromHost = new Map<string, number>();
  const refused = new WeakMap<SMTPServerSession, number>();
  const server = new SMTPServer({
    lmtp: options.protocol === 'lmtp',
    disabledCommands: options.tls === undefined ? ['AUTH', 'STARTTLS'] : ['AUTH'],
    ...options.tls,
    authOptional: true,
    disableReverseLookup: true,
    size: mostOctets,
    rejectOversized: true,
    maxClients: mostConnections,
    socketTimeout: 60_000,
    banner: 'feedback',
    onConnect({ remoteAddress }, done) {
      const open = (fromHost.get(remoteAddress) ?? 0) + 1;
      fromHost.set(remoteAddress, open);
      done(open > mostFromOneHost ? refusal(421, '4.7.0 too many connections') : null);
    },
    onClose({ remoteAddress }) {
      const open = (fromHost.get(remoteAddress) ?? 1) - 1;
      if (open > 0) fromHost.set(remoteAddress, open);
      else fromHost.delete(remoteAddress);
    },
    onRcptTo({ address }, session, done) {
      const isOurs = originsIn(verpKeys, address).length > 0 || roles.test(address);
      if (isOurs && session.envelope.rcptTo.length < mostRecipients) return done();
      if (isOurs) return done(refusal(452, '4.5.3 too many recipients'));
      const times = (refused.get(session) ?? 0) + 1;
      refused.set(session, times);
      done(
        times > mostRefused
          ? refusal(421, '4.7.0 too many wrong addresses')
          : refusal(550, '5.1.1 no such address here'),
      );
    },
    onData(stream, session, done) {
      const putAll = async (): Promise<void> => {
        const raw = await readLimited(stream);
        if (stream.sizeExceeded) return;
        for (const { address } of session.envelope.rcptTo)
          await deps.put({ raw, source: 'listener', recipient: address });
      };
      putAll().then(
        () => done(null, '2.0.0 taken'),
        (err: unknown) => {
          log.warn({ err }, 'feedback: a mail could not be stored; its sender tries again');
          done(refusal(451, '4.3.0 not now, try again later'));
        },
      );
    },
  });
  server.on('error', (err) => log.debug({ err }, 'feedback: a connection failed'));
  const port = await new Promise<number>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(options.port, options.host, () => resolve((server.server.address() as AddressInfo).port));
  });
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
