// Hand-over to relays that misbehave: the pool reports the outcome, sends the next message, and leaks
// nothing.
import { setTimeout as delay } from 'node:timers/promises';
import { readConfig } from '../../src/config/environment.js';
import { toData } from '../../src/mail/compose.js';
import { translator } from '../../src/languages/translate.js';
import { openRelay, type Relay } from '../../src/mail/relay.js';
import { misbehaviours, shortTimeouts } from '../support/misbehaviour.js';
import { answering, startScripted, type Answers, type ScriptedServer } from '../support/smtp-script.js';
import { startSink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const envelope = { from: 'digest@news.example.org', to: 'reader@readers.example.org' };
const messageOf = (bytes: number) =>
  toData(
    Buffer.from(`Subject: test\r\n\r\n${'.line of thirty-two octets, ok\r\n'.repeat(Math.ceil(bytes / 32))}`),
  );
const small = messageOf(500);

const german = translator('de');
const ownSentences = new Map<string, boolean>();
let server: ScriptedServer | undefined;
let relay: Relay | undefined;
const warnings: Error[] = [];
const remember = (warning: Error) => warnings.push(warning);
beforeAll(() => void process.on('warning', remember));
afterEach(async () => {
  relay?.cut();
  await relay?.close();
  await server?.close();
});
afterAll(() => void process.off('warning', remember));

/** Long timeouts for tests in which no relay is silent: a busy machine needs the time. */
const patient = { connect: 20_000, commands: 20_000, message: 20_000 };

function relayAt(url: string, connections = 1, timeouts = shortTimeouts): Relay {
  const [config] = readConfig({ SMTP_URL: url }).relays ?? [];
  if (!config) throw new Error('no relay');
  relay = openRelay(config, connections, timeouts);
  return relay;
}

/** Gives `answers` to the first connection, and behaves well on all others. */
async function misbehavingOnce(answers: Answers): Promise<ScriptedServer> {
  server = await startScripted((client) => answering(client.number === 1 ? answers : {})(client));
  return server;
}

test.each(misbehaviours)('$name: $state', async ({ answers, handOver, goesOn }) => {
  const { url } = await misbehavingOnce(answers);
  const pool = relayAt(url);
  const first = await pool.handOver(envelope, small);
  expect(first).toMatchObject({ ...handOver, relay: expect.stringMatching(/^127\.0\.0\.1:/) as string });
  // The text fits one line of a screen.
  expect('reply' in first ? first.reply : first.error).toMatch(/^[^\x00-\x1f]{3,500}$/);
  // The ledger keeps the text alone, and pages find our own sentence in it.
  const said = 'error' in first ? first.said : undefined;
  const text = 'error' in first ? first.error : first.reply;
  expect(german.sayReply(text)).toBe(german.say(said ?? text));
  if (said) ownSentences.set(said.key, german.sayReply(text) !== text);
  // The pool keeps its only connection, or opens another.
  const second = await pool.handOver(envelope, small);
  expect([second.ended, server?.connections]).toEqual(goesOn ? [first.ended, 1] : ['accepted', 2]);
});

test('the relays above led to our own sentences of many kinds, each in German', () => {
  expect([...ownSentences.keys()]).toEqual(
    expect.arrayContaining(['doctor.closed', 'handOver.noCode', 'handOver.noReply', 'handOver.not354']),
  );
  expect([...ownSentences.values()]).not.toContain(false);
});

test('greylisting: refused for now, taken when it comes again', async () => {
  const seen = new Set<string>();
  const sink = await startSink({
    reply(stage, { rcpt = '' }) {
      if (stage !== 'rcpt' || seen.has(rcpt)) return undefined;
      seen.add(rcpt);
      return { code: 451, text: '4.7.1 greylisted, come back later' };
    },
  });
  const pool = relayAt(sink.url);
  expect(await pool.handOver(envelope, small)).toMatchObject({ ended: 'reply', stage: 'rcpt', code: 451 });
  expect(await pool.handOver(envelope, small)).toMatchObject({ ended: 'accepted' });
  expect(sink.connections.total).toBe(1);
  await pool.close();
  await sink.close();
});

describe('TLS and signing in', () => {
  test('an untrusted certificate, from the first byte or after STARTTLS', async () => {
    for (const options of [{ secure: true }, { starttls: true }]) {
      const sink = await startSink(options);
      const pool = relayAt(`${sink.url}?tls=required`, 1, patient);
      const ended = await pool.handOver(envelope, small);
      // A sentence within a sentence.
      expect(german.sayReply('error' in ended ? ended.error : '')).toMatch(
        /^dem TLS-Zertifikat .* vertraut: Es ist (?!.*\bit is\b|.*, or )/,
      );
      expect(ended).toMatchObject({
        ended: 'lost',
        stage: 'connect',
        error: expect.stringContaining("the relay's TLS certificate is not trusted") as string,
      });
      expect(sink.messages).toEqual([]);
      await pool.close();
      await sink.close();
    }
  });

  test.each([
    ['STARTTLS offered and refused', '454 not now', { ended: 'lost', stage: 'connect' }],
    ['STARTTLS offered and answered with garbage', '220 go\r\nno TLS', { ended: 'lost', stage: 'connect' }],
  ])('tls=required, %s: no message goes in the clear', async (_name, said, handOver) => {
    server = await startScripted(answering({ EHLO: '250-scripted.test\r\n250 STARTTLS', STARTTLS: said }));
    expect(await relayAt(`${server.url}?tls=required`).handOver(envelope, small)).toMatchObject(handOver);
    expect(server.messages).toEqual([]);
  });

  test('a refused sign-in is reported, and the connection is closed', async () => {
    const sink = await startSink({ auth: { user: 'digest', pass: 'right' } });
    const pool = relayAt(sink.url.replace('right', 'wrong'));
    for (let message = 0; message < 3; message += 1)
      expect(await pool.handOver(envelope, small)).toMatchObject({
        ended: 'reply',
        stage: 'auth',
        code: 535,
      });
    await waitUntil(() => sink.connections.open === 0, 5_000, 'connections to be closed');
    await pool.close();
    await sink.close();
  });

  test('a relay that does not know AUTH', async () => {
    server = await startScripted(answering({ AUTH: '503 what?' }));
    const { port } = server;
    expect(await relayAt(`smtp://user:secret@127.0.0.1:${port}`).handOver(envelope, small)).toMatchObject({
      ended: 'reply',
      stage: 'auth',
      code: 503,
    });
  });
});

describe('connections', () => {
  test.each<[string, Answers]>([
    ['closes after each message', { dot: (client) => (client.say('250 taken'), client.end()) }],
    ['resets after each message', { dot: (client) => (client.say('250 taken'), client.reset()) }],
    [
      'says 421 after each message',
      { dot: (client) => (client.say('250 taken\r\n421 enough'), client.end()) },
    ],
  ])('a relay that %s takes all of them', async (_name, answers) => {
    server = await startScripted(answering(answers));
    const pool = relayAt(server.url, 3);
    const ends = await Promise.all(Array.from({ length: 30 }, () => pool.handOver(envelope, small)));
    expect(ends.filter(({ ended }) => ended !== 'accepted')).toEqual([]);
    expect(server.messages).toHaveLength(30);
  });

  test('a relay that says 421 to the second message takes all of them', async () => {
    let connections = 0;
    server = await startScripted((client) => {
      let messages = 0;
      connections += 1;
      return answering({
        MAIL: (c) => {
          messages += 1;
          c.say(messages > 1 ? '421 one is enough' : '250 fine');
          if (messages > 1) c.end();
        },
      })(client);
    });
    const pool = relayAt(server.url, 2);
    for (let message = 0; message < 10; message += 1)
      expect(await pool.handOver(envelope, small)).toMatchObject({ ended: 'accepted' });
    expect([server.messages.length, connections]).toEqual([10, 10]);
  });

  test('take no more than messagesPerConnection, and no more than `connections` are open', async () => {
    let underWay = 0;
    let most = 0;
    const sink = await startSink({
      reply(stage) {
        if (stage === 'mail') most = Math.max(most, (underWay += 1));
        if (stage !== 'dot') return undefined;
        underWay -= 1;
        return 5;
      },
    });
    const pool = relayAt(`${sink.url}?messagesPerConnection=3`, 2);
    await Promise.all(Array.from({ length: 12 }, () => pool.handOver(envelope, small)));
    expect(sink.messages).toHaveLength(12);
    const each = new Map<number, number>();
    for (const { connection } of sink.messages) each.set(connection, (each.get(connection) ?? 0) + 1);
    expect(Math.max(...each.values())).toBe(3);
    expect(most).toBe(2);
    await pool.close();
    await sink.close();
  });

  test('many messages on one connection add no listeners', async () => {
    const sink = await startSink();
    const pool = relayAt(sink.url, 1, patient);
    for (let message = 0; message < 60; message += 1)
      expect(await pool.handOver(envelope, small)).toMatchObject({ ended: 'accepted' });
    expect(sink.connections.total).toBe(1);
    // A leak of listeners would show as MaxListenersExceededWarning.
    expect(warnings).toEqual([]);
    await pool.close();
    await sink.close();
  });

  test('replies that are too many are never taken for an acceptance', async () => {
    let dots = 0;
    server = await startScripted(
      answering({
        dot: (client) =>
          client.say((dots += 1) === 1 ? '250 taken\r\n250 more\r\n250 more\r\n250 more' : '550 no'),
      }),
    );
    const pool = relayAt(server.url);
    expect(await pool.handOver(envelope, small)).toMatchObject({ ended: 'accepted' });
    for (let message = 0; message < 3; message += 1)
      expect((await pool.handOver(envelope, small)).ended).not.toBe('accepted');
  });

  test('are cut when the time is over: an unsent message is not uncertain', async () => {
    server = await startScripted((client) =>
      answering(client.number === 1 ? { dot: () => {} } : { MAIL: () => {}, RCPT: () => {}, DATA: () => {} })(
        client,
      ),
    );
    const pool = relayAt(server.url, 2, { connect: 60_000, commands: 60_000, message: 60_000 });
    const first = pool.handOver(envelope, small);
    await waitUntil(() => server?.messages.length === 1);
    const others = [pool.handOver(envelope, small), pool.handOver(envelope, small)];
    await delay(100);
    pool.cut();
    expect(await first).toMatchObject({ ended: 'lost', stage: 'message' });
    for (const other of others)
      expect(await other).toMatchObject({
        ended: 'lost',
        stage: expect.not.stringMatching('message') as string,
      });
    await pool.close();
  });
});

describe('a large message', () => {
  const large = messageOf(5_000_000);

  test('arrives whole at a relay that reads slowly', async () => {
    server = await startScripted(
      answering({
        DATA: async (client) => {
          client.say('354 go on');
          for (let pause = 0; pause < 10; pause += 1) {
            client.pause();
            await delay(30);
            client.resume();
            await delay(5);
          }
          await client.hearMessage();
          client.say('250 taken');
        },
      }),
    );
    expect(await relayAt(server.url, 1, patient).handOver(envelope, large)).toMatchObject({
      ended: 'accepted',
    });
    expect(
      toData(Buffer.from(`${server.messages[0]?.replaceAll(/^\.\./gm, '.') ?? ''}\r\n`, 'latin1')).equals(
        large,
      ),
    ).toBe(true);
  });

  test.each<[string, string | undefined, object]>([
    ['stops reading and goes', undefined, { ended: 'lost', stage: 'data' }],
    ['refuses it before it has all of it', '552 too much', { ended: 'reply', stage: 'message', code: 552 }],
    ['accepts it before it has all of it', '250 taken', { ended: 'lost', stage: 'message' }],
  ])('a relay that %s', async (_name, said, handOver) => {
    server = await startScripted((client) =>
      answering(
        client.number > 1
          ? {}
          : {
              DATA: async () => {
                client.say('354 go on');
                client.pause();
                await delay(100);
                if (said === undefined) return client.reset();
                client.say(said);
                await client.gone();
              },
            },
      )(client),
    );
    const pool = relayAt(server.url, 1, patient);
    expect(await pool.handOver(envelope, large)).toMatchObject(handOver);
    // The unsent rest of this message must not become the start of the next one.
    expect(await pool.handOver(envelope, small)).toMatchObject({ ended: 'accepted' });
    expect(server.messages).toHaveLength(1);
  });

  test('a relay that stops reading for ever is left in time, and not uncertain', async () => {
    server = await startScripted(
      answering({
        DATA: (client) => {
          client.say('354 go on');
          client.pause();
        },
      }),
    );
    const started = performance.now();
    expect(await relayAt(server.url).handOver(envelope, large)).toMatchObject({
      ended: 'lost',
      stage: 'data',
    });
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
