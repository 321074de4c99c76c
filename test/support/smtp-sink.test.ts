// Tests the tools of other tests: the SMTP sink, the scripted server, and the Redis of a test file.
import { createTransport } from 'nodemailer';
import { hasRedis, startRedis, type TestRedis } from './redis.js';
import { cutting, startScripted, type Cut } from './smtp-script.js';
import { startSink, type Reply, type Sink, type Stage } from './smtp-sink.js';

const letter = {
  from: 'digest@example.org',
  to: 'ada@example.org',
  subject: 'Grüße',
  text: 'one\n.two\n..three',
};

async function send(url: string): Promise<string> {
  const transport = createTransport(url);
  try {
    const { response } = await transport.sendMail(letter);
    return response;
  } catch (error) {
    const { responseCode, message } = error as { responseCode?: number; message: string };
    return responseCode === undefined ? `error: ${message}` : String(responseCode);
  } finally {
    transport.close();
  }
}

describe('the SMTP sink', () => {
  let sink: Sink;
  beforeEach(async () => {
    sink = await startSink();
  });
  afterEach(() => sink.close());

  test('keeps each message with its dots', async () => {
    expect(await send(sink.url)).toMatch(/^250 /);
    const [message] = await sink.waitFor(1);
    expect(message).toMatchObject({ from: letter.from, to: [letter.to], connection: 1 });
    expect(await message?.parsed()).toMatchObject({ subject: letter.subject, text: `${letter.text}\n` });
    expect(sink.messagesTo(letter.to)).toHaveLength(1);
  });

  test.each<[Stage, Reply, RegExp, number]>([
    ['connect', { code: 421, text: 'not now' }, /^421$/, 0],
    ['mail', { code: 451, text: 'later' }, /^451$/, 0],
    ['rcpt', { code: 550, text: 'nobody here' }, /^550$/, 0],
    ['data', { code: 452, text: 'full' }, /^452$/, 0],
    ['dot', { code: 554, text: 'spam' }, /^554$/, 0],
    ['dot', 150, /^250 /, 1],
    ['rcpt', 'drop', /^error: /, 0],
    ['data', 'drop', /^error: /, 0],
    ['dot', 'drop', /^error: /, 1],
  ])('answers %s with %j', async (stage, reply, response, kept) => {
    sink.onStage((at) => (at === stage ? reply : undefined));
    expect(await send(sink.url)).toMatch(response);
    expect(sink.messages).toHaveLength(kept);
  });

  test('demands the password it was given', async () => {
    const guarded = await startSink({ auth: { user: 'me@site', pass: 'p:w' } });
    try {
      expect(await send(guarded.url)).toMatch(/^250 /);
      expect(await send(guarded.url.replace('p%3Aw', 'x'))).toBe('535');
      expect(await send(`smtp://127.0.0.1:${guarded.port}`)).toBe('530');
    } finally {
      await guarded.close();
    }
  });
});

describe('the scripted SMTP server', () => {
  test.each<[Cut, RegExp, number]>([
    ['connect', /^error: /, 0],
    ['MAIL', /^error: /, 0],
    ['DATA', /^error: /, 0],
    ['within-message', /^error: /, 0],
    ['after-dot', /^error: /, 1],
    ['after-reply', /^250 /, 1],
  ])('cuts at %s', async (cut, response, kept) => {
    const server = await startScripted(cutting(cut));
    try {
      expect(await send(server.url)).toMatch(response);
      expect(server.messages).toHaveLength(kept);
    } finally {
      await server.close();
    }
  });
});

// Without redis-server this suite is skipped by name, like those of onEachQueue.
const describeWithRedis = hasRedis ? describe : describe.skip;
describeWithRedis('the Redis of a test file', () => {
  let redis: TestRedis;
  beforeEach(async () => {
    const started = await startRedis();
    if (started === undefined) throw new Error('redis-server is not installed');
    redis = started;
  });
  afterEach(() => redis.close());

  test('loses its keys when it is flushed', async () => {
    expect(await redis.command('SET kept 1')).toBe('+OK');
    expect(await redis.command('EXISTS kept')).toBe(':1');
    await redis.flush();
    expect(await redis.command('EXISTS kept')).toBe(':0');
  });

  test('answers nothing while it is stopped, and comes back empty on the same port', async () => {
    await redis.command('SET kept 1');
    await redis.stop();
    await expect(redis.command('PING')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await redis.start();
    expect(await redis.command('PING')).toBe('+PONG');
    expect(await redis.command('EXISTS kept')).toBe(':0');
  });
});
