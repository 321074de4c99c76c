// Random replies of a relay: given to the pure decision, and sent over a TCP connection.
import fc from 'fast-check';
import { readConfig } from '../../src/config/environment.js';
import { Connection, standardTimeouts } from '../../src/mail/connection.js';
import { decideOutcome, type Stage } from '../../src/mail/outcome.js';
import { expectAlways, textOf } from '../support/random-input.js';
import { answering, startScripted, type ScriptedServer } from '../support/smtp-script.js';

const stages: Stage[] = ['connect', 'auth', 'mail', 'rcpt', 'data', 'message'];
const words = textOf(
  '4.7.0 ',
  '5.1.1 ',
  '4.2.2 ',
  'rate limit',
  'greylisted',
  'too many connections',
  'server busy',
  'ok ',
);

test('a reply refuses a reader only with 5xx, defers only with 4xx, and is uncertain only after the message', () =>
  expectAlways(
    [fc.constantFrom(...stages), fc.integer({ min: 100, max: 999 }), words],
    (stage, code, text) => {
      const { outcome } = decideOutcome({
        ended: 'reply',
        relay: 'a',
        stage,
        code,
        reply: `${code} ${text}`,
      });
      // Before RCPT names a reader, a reply says nothing about the reader.
      const isNamed = stage !== 'connect' && stage !== 'auth';
      const family = Math.floor(code / 100);
      const possible = [
        'relay-trouble',
        ...(isNamed && family === 5 ? ['refused'] : []),
        ...(isNamed && family === 4 ? ['deferred'] : []),
        ...(stage === 'message' && family !== 4 && family !== 5 ? ['uncertain'] : []),
      ];
      expect(possible).toContain(outcome);
    },
    20_000,
  ));

describe('said over a connection', () => {
  let server: ScriptedServer | undefined;
  afterEach(() => server?.close());

  /** The outcome on a connection if the relay sends `pieces` at `step`. */
  async function heard(step: 'RCPT' | 'dot', pieces: readonly string[]) {
    const scripted = await startScripted(
      answering({
        [step]: async (client: { sayRaw(text: string): void; end(): void }) => {
          for (const piece of pieces) {
            client.sayRaw(piece);
            await new Promise(setImmediate);
          }
          client.end();
        },
      }),
    );
    server = scripted;
    try {
      const [relay] = readConfig({ SMTP_URL: `${scripted.url}?tls=opportunistic` }).relays ?? [];
      if (relay === undefined) throw new Error('no relay');
      const connection = new Connection(relay, standardTimeouts, () => undefined);
      expect(await connection.open()).toBeUndefined();
      const handOver = await connection.send({ from: 'digest@example.org', to: 'ada@example.org' }, [
        'Subject: x\r\n\r\nx\r\n.\r\n',
      ]);
      connection.cut(new Error('the test is over'));
      return handOver;
    } finally {
      await scripted.close();
    }
  }

  /** A reply of one or more lines, cut at random positions. */
  const reply = fc
    .tuple(
      fc.integer({ min: 200, max: 599 }),
      fc.array(fc.stringMatching(/^[ -~é]{0,40}$/), { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(200), { maxLength: 3 }),
    )
    .map(([code, lines, cuts]) => {
      const text = lines.map((line, at) => `${code}${at < lines.length - 1 ? '-' : ' '}${line}\r\n`).join('');
      const bounds = [0, ...cuts.map((cut) => cut % text.length), text.length].toSorted((a, b) => a - b);
      return { code, pieces: bounds.slice(1).map((end, at) => text.slice(bounds[at], end)) };
    });

  test('the reply to the final dot decides, however it is cut into packets', () =>
    expectAlways(
      [reply],
      async ({ code, pieces }) => {
        const handOver = await heard('dot', pieces);
        expect(handOver).toMatchObject({ ended: code < 300 ? 'accepted' : 'reply', code });
      },
      60,
    ));

  test.each(['RCPT', 'dot'] as const)(
    'junk in the place of a reply to %s neither accepts nor throws',
    (step) =>
      expectAlways(
        [fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { maxLength: 4 })],
        async (pieces) => {
          fc.pre(!/^\s*[2-5]\d\d/m.test(pieces.join('')));
          const handOver = await heard(step, pieces);
          expect(handOver.ended).toBe('lost');
          const { outcome } = decideOutcome(handOver);
          expect(outcome).toBe(step === 'dot' ? 'uncertain' : 'relay-trouble');
          const error = 'error' in handOver ? handOver.error : '';
          // The ledger and the screens show the error: it must be one line of bounded length.
          expect(error).toMatch(/^[^\0-\x1F\x7F]{1,500}$/);
        },
        40,
      ),
  );
});
