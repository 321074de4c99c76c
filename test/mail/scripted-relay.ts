// A relay that plays a script, and what is handed over to it.
import { readConfig } from '../../src/config/environment.js';
import type { Timeouts } from '../../src/mail/connection.js';
import { toData } from '../../src/mail/compose.js';
import type { Lost } from '../../src/mail/pipelining/trust.js';
import { openRelay, type Relay } from '../../src/mail/relay.js';
import { startScripted, type Script, type ScriptedServer } from '../support/smtp-script.js';

export const patient = { connect: 20_000, commands: 20_000, message: 20_000 };

/** Opens relays that are closed after each test. */
export function useScriptedRelay() {
  let server: ScriptedServer | undefined;
  let relay: Relay | undefined;
  afterEach(async () => {
    relay?.cut();
    await relay?.close();
    await server?.close();
  });
  return async function relayThat(
    script: Script,
    {
      connections = 1,
      timeouts = patient,
      options = '',
    }: { connections?: number; timeouts?: Timeouts; options?: string } = {},
  ) {
    server = await startScripted(script);
    const [config] = readConfig({ SMTP_URL: `${server.url}${options}` }).relays ?? [];
    if (!config) throw new Error('no relay');
    const lost: Lost[] = [];
    relay = openRelay(config, connections, timeouts, { onTrustLost: (what) => lost.push(what) });
    /** `lost`: what an operator was told that the relay does not get any more. */
    return { relay, server, lost };
  };
}

/** The text has lines that begin with dots. */
export const textOf = (n: number): string => `Subject: ${n}\r\n\r\n.text\r\n..\r\n`;

/** Hands over `count` messages at once, each with its number from `first` on. */
export const handOverAll = (to: Relay, count: number, first = 0) =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      to.handOver(
        { from: 'digest@news.example.org', to: `reader${first + n}@readers.example.org` },
        toData(Buffer.from(textOf(first + n))),
      ),
    ),
  );

export const numbersOf = ({ messages }: ScriptedServer): number[] =>
  messages.map((message) => Number(/^Subject: (\d+)/.exec(message)?.[1])).toSorted((a, b) => a - b);
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
