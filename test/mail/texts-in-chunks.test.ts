// A relay that offers CHUNKING gets texts with BDAT (RFC 3030), octet for octet, at one round trip a message. Whatever it
// makes of that, no text is taken for accepted that was not, none goes twice, and DATA is always a way.
import fc from 'fast-check';
import { fromData, toData } from '../../src/mail/compose.js';
import { decideOutcome } from '../../src/mail/outcome.js';
import type { Relay } from '../../src/mail/relay.js';
import { misbehaviours, shortTimeouts } from '../support/misbehaviour.js';
import { testRelays } from '../support/newsroom.js';
import { expectAlways } from '../support/random-input.js';
import { answering, startScripted, type Answers, type Script } from '../support/smtp-script.js';
import { allowSlowTests } from '../support/time-limit.js';
import { waitUntil } from '../support/wait.js';
import { handOverAll, numbersOf, patient, textOf, upTo, useScriptedRelay } from './scripted-relay.js';

allowSlowTests();

const relayThat = useScriptedRelay();

const EHLO = '250-scripted.test\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 CHUNKING';
/** Good replies with the status codes of Postfix. */
const withCodes: Answers = {
  EHLO,
  MAIL: '250 2.1.0 Ok',
  RCPT: '250 2.1.5 Ok',
  chunk: '250 2.0.0 Ok: 2 bytes',
  dot: '250 2.0.0 Ok: queued as 4X',
  RSET: '250 2.0.0 Ok',
};

/** Plays `script`, and notes the commands of all connections. */
const noting =
  (script: Script, heard: string[]): Script =>
  (client) =>
    script({
      ...client,
      async hear() {
        const line = await client.hear();
        if (line !== undefined) heard.push(line);
        return line;
      },
    });

/** Hands over what lets a relay get chunks: it keeps the order, and takes a text in chunks. */
async function proveChunks(to: Relay): Promise<number> {
  const ends = await handOverAll(to, 3);
  expect(ends.map(({ ended }) => ended)).toEqual(['accepted', 'accepted', 'accepted']);
  return ends.length;
}

test('a message comes back from its data as it was', () =>
  expectAlways([fc.array(fc.constantFrom('.', '..', 'a', '\r\n', '\r\n.', '.\r\n'))], (parts) => {
    const message = Buffer.from(`${parts.join('')}\r\n`);
    expect(fromData(toData(message)).toString()).toBe(message.toString());
  }));

test('texts arrive in chunks as they are, and the next message is opened before the relay has answered', async () => {
  const heard: string[] = [];
  let texts = 0;
  const script = answering({
    ...withCodes,
    dot: async (client) => {
      texts += 1;
      // Nothing goes behind the third, which tries chunks.
      if (texts !== 3 && texts < 12) await client.hearBytes('MAIL FROM:<>RCPT TO:<>BDAT 2'.length);
      client.say('250 2.0.0 Ok');
    },
  });
  const { relay: to, server: at, lost } = await relayThat(noting(script, heard));
  const ends = await handOverAll(to, 12);
  expect(ends.every(({ ended }) => ended === 'accepted')).toBe(true);
  expect(at.connections).toBe(1);
  const asked = heard.filter((line) => /^(DATA|BDAT)/.test(line));
  const length = (n: number) => textOf(n).length - 2;
  // The order of replies is proven with DATA. One message then tries BDAT, and the others follow when it was accepted.
  expect(asked.slice(0, 2)).toEqual(['DATA', 'DATA']);
  expect(asked.slice(2)).toEqual(
    upTo(12)
      .slice(2)
      .flatMap((n) => ['BDAT 2', `BDAT ${length(n)} LAST`]),
  );
  const stuffed = textOf(0).replaceAll(/^\./gm, '..');
  expect(at.messages[0]).toBe(stuffed.slice(0, -2));
  expect(at.messages.slice(2)).toEqual(
    upTo(12)
      .slice(2)
      .map((n) => textOf(n).slice(0, -2)),
  );
  expect(lost).toEqual([]);
});

test.each([
  ['with chunking=off', withCodes, '?chunking=off'],
  ['without CHUNKING', { ...withCodes, EHLO: '250-x\r\n250 PIPELINING' }, ''],
  ['without PIPELINING', { ...withCodes, EHLO: '250-x\r\n250 CHUNKING' }, ''],
])('a relay %s gets no BDAT', async (_name, answers, options) => {
  const heard: string[] = [];
  const { relay: to, server: at } = await relayThat(noting(answering(answers), heard), { options });
  expect((await handOverAll(to, 8)).every(({ ended }) => ended === 'accepted')).toBe(true);
  expect(numbersOf(at)).toEqual(upTo(8));
  expect(heard.filter((line) => line.startsWith('BDAT'))).toEqual([]);
});

describe('a relay that misbehaves', () => {
  const known = misbehaviours.filter(
    ({ name, answers }) =>
      /^(421|452|554|[^\d]).* at (RCPT|DATA|dot)$/.test(name) &&
      Object.keys(answers).every((step) => step !== 'EHLO'),
  );
  test.each(known)('$name: $state', async ({ answers, handOver, goesOn }) => {
    let isBad = false;
    const script: Script = (client) => {
      const bad: Answers = { ...withCodes, ...answers };
      if (answers.DATA !== undefined) bad.chunk = answers.DATA;
      const both = Object.fromEntries(
        (['MAIL', 'RCPT', 'chunk', 'dot'] as const).map((step) => [
          step,
          async (to) => {
            const said = (isBad ? bad : withCodes)[step] ?? '';
            return typeof said === 'string' ? to.say(said) : said(to);
          },
        ]),
      ) as Answers;
      return answering({ EHLO, ...both })(client);
    };
    const heard: string[] = [];
    const { relay: to, server: at } = await relayThat(noting(script, heard), { timeouts: shortTimeouts });
    const before = await proveChunks(to);
    isBad = true;
    heard.length = 0;
    const [first] = await handOverAll(to, 1, before);
    isBad = false;
    expect(heard.slice(0, 3)).not.toContain('DATA');
    // Where the connection ended, replies may be lost, and the stage with them. After the text, that is all there is.
    const hasEnded = handOver.ended === 'lost' || ('code' in handOver && handOver.code === 421);
    const isAfterText = 'stage' in handOver && handOver.stage === 'message';
    expect(first).toMatchObject(hasEnded && !isAfterText ? { ended: handOver.ended } : handOver);
    const [second] = await handOverAll(to, 1, before + 1);
    expect([second?.ended, at.connections > 1]).toEqual(['accepted', !goesOn]);
    expect(new Set(numbersOf(at)).size).toBe(at.messages.length);
  });

  test.each(['500 what?', '502 5.5.1 not here', '503 5.5.1 not now', '504 5.5.4 not so'])(
    '"%s" to BDAT: the text goes with DATA, and the relay gets no BDAT any more',
    async (said) => {
      const heard: string[] = [];
      const script = noting(answering({ ...withCodes, chunk: said }), heard);
      const { relay: to, server: at, lost } = await relayThat(script, { connections: 2 });
      const ends = await handOverAll(to, 20);
      expect(ends.filter(({ ended }) => ended !== 'accepted')).toEqual([]);
      expect(numbersOf(at)).toEqual(upTo(20));
      expect(heard.filter((line) => line.startsWith('BDAT'))).toEqual(['BDAT 2']);
      expect([at.connections, lost]).toEqual([3, ['chunks']]);
    },
  );

  test.each<[string, Answers]>([
    ['ends at the first chunk', { chunk: (client) => client.end() }],
    ['ends after the last chunk', { dot: (client) => client.reset() }],
  ])('a relay that %s does so to one message only', async (_name, bad) => {
    const heard: string[] = [];
    const script: Script = (client) => {
      let isChunked = false;
      const noted: Script = answering({
        ...withCodes,
        ...bad,
        ...('dot' in bad ? { dot: (c) => (isChunked ? c.reset() : c.say('250 2.0.0 Ok')) } : {}),
      });
      return noted({
        ...client,
        async hear() {
          const line = await client.hear();
          if (line !== undefined) heard.push(line);
          if (line?.startsWith('MAIL')) isChunked = false;
          if (line?.startsWith('BDAT')) isChunked = true;
          return line;
        },
      });
    };
    const { relay: to, server: at, lost } = await relayThat(script, { connections: 5 });
    const ends = await handOverAll(to, 40);
    const bads = ends.filter(({ ended }) => ended !== 'accepted');
    expect(bads).toMatchObject([{ ended: 'lost', stage: 'dot' in bad ? 'message' : 'data' }]);
    expect(heard.filter((line) => line === 'BDAT 2')).toHaveLength(1);
    expect(new Set(numbersOf(at)).size).toBe(at.messages.length);
    expect(lost).toEqual(['chunks']);
  });

  test('a refused reader gets no text, and no line of it is taken for a command', async () => {
    const heard: string[] = [];
    let refuses = false;
    // As some relays do, it leaves a chunk for nobody in its input.
    const script: Script = async (client) => {
      client.say('220 scripted.test ESMTP');
      let readers = 0;
      for (let line = await client.hear(); line !== undefined; line = await client.hear()) {
        heard.push(line);
        const verb = line.slice(0, 4);
        const size = Number(/^BDAT (\d+)/.exec(line)?.[1]);
        if (verb === 'EHLO') client.say(EHLO);
        else if (verb === 'MAIL') client.say('250 2.1.0 Ok');
        else if (verb === 'RCPT') {
          readers = refuses ? 0 : 1;
          client.say(refuses ? '550 5.1.1 no such reader' : '250 2.1.5 Ok');
        } else if (verb === 'DATA') {
          client.say('354 go on');
          await client.hearMessage();
          client.say('250 2.0.0 Ok');
        } else if (verb === 'BDAT' && readers > 0) {
          await client.hearOctets(size);
          client.say('250 2.0.0 Ok');
        } else if (verb === 'BDAT') client.say('503 5.5.1 no reader');
        else client.say(verb === 'RSET' ? '250 2.0.0 Ok' : '500 what?');
      }
    };
    const { relay: to } = await relayThat(script);
    const before = await proveChunks(to);
    refuses = true;
    heard.length = 0;
    const [end] = await handOverAll(to, 1, before);
    expect(end).toMatchObject({ ended: 'reply', stage: 'rcpt', code: 550 });
    await waitUntil(() => heard.length >= 4, 5_000, 'the command behind the chunk');
    expect(heard.filter((line) => !/^(MAIL|RCPT|BDAT 2$)/.test(line))).toEqual(['SuRSET']);
    refuses = false;
    expect(await handOverAll(to, 3, before + 1)).toMatchObject(upTo(3).map(() => ({ ended: 'accepted' })));
  });

  test('a relay that takes chunks for a refused reader has no message, and the connection goes on', async () => {
    let refuses = false;
    const script = answering({
      ...withCodes,
      RCPT: (client) => client.say(refuses ? '550 5.1.1 no such reader' : '250 2.1.5 Ok'),
    });
    const { relay: to, server: at } = await relayThat(script);
    const before = await proveChunks(to);
    refuses = true;
    expect(await handOverAll(to, 1, before)).toMatchObject([{ ended: 'reply', stage: 'rcpt', code: 550 }]);
    refuses = false;
    expect(await handOverAll(to, 1, before + 1)).toMatchObject([{ ended: 'accepted' }]);
    expect([numbersOf(at), at.connections]).toEqual([[0, 1, 2, 4], 1]);
  });

  test('a relay that wants RSET after a refused chunk gets it, and the message behind goes again', async () => {
    let texts = 0;
    const script: Script = (client) => {
      let isIndeterminate = false;
      return answering({
        ...withCodes,
        RSET: (c) => ((isIndeterminate = false), c.say('250 2.0.0 Ok')),
        MAIL: (c) => c.say(isIndeterminate ? '503 5.5.1 RSET first' : '250 2.1.0 Ok'),
        dot: (c) => {
          texts += 1;
          isIndeterminate = texts > 4 && texts % 3 === 0;
          c.say(isIndeterminate ? '452 4.3.1 no room' : '250 2.0.0 Ok');
        },
      })(client);
    };
    const { relay: to, lost } = await relayThat(script);
    const ends = await handOverAll(to, 15);
    expect(ends.filter(({ ended }) => ended !== 'accepted')).toMatchObject(
      [6, 9, 12, 15].map(() => ({ ended: 'reply', stage: 'message', code: 452 })),
    );
    expect(lost).toEqual([]);
  });

  test.each<[string, Answers]>([
    ['a text as one about an address', { dot: '250 2.1.5 queued' }],
    ['a chunk as one about an address', { chunk: '250 2.1.5 Ok' }],
  ])('a relay that words its reply to %s gets DATA, and nobody is uncertain', async (_name, odd) => {
    const heard: string[] = [];
    const {
      relay: to,
      server: at,
      lost,
    } = await relayThat(noting(answering({ ...withCodes, ...odd }), heard));
    const ends = await handOverAll(to, 12);
    expect(ends.filter(({ ended }) => ended !== 'accepted')).toEqual([]);
    expect(numbersOf(at)).toEqual(upTo(12));
    expect(heard.filter((line) => line === 'BDAT 2')).toHaveLength(1);
    expect(lost).toEqual(['chunks']);
  });

  test('the reply to RSET may have any status code, as that of Gmail has', async () => {
    const heard: string[] = [];
    let readers = 0;
    const script = answering({
      ...withCodes,
      RSET: '250 2.1.5 Flushed',
      RCPT: (client) => client.say((readers += 1) % 4 === 0 ? '550 5.1.1 no such reader' : '250 2.1.5 Ok'),
    });
    const { relay: to, lost } = await relayThat(noting(script, heard));
    const ends = await handOverAll(to, 20);
    expect(ends.filter(({ ended }) => ended !== 'accepted')).toMatchObject(
      upTo(5).map(() => ({ ended: 'reply', stage: 'rcpt', code: 550 })),
    );
    expect(heard.filter((line) => line.endsWith('LAST')).length).toBeGreaterThan(5);
    expect(lost).toEqual([]);
  });

  test('a relay that answers the commands behind a chunk first is not believed, and gets DATA', async () => {
    const heard: string[] = [];
    let isMixing = false;
    const script = answering({
      ...withCodes,
      dot: async (client) => {
        if (!isMixing) return client.say('250 2.0.0 Ok');
        const behind = await Promise.race([client.hearBytes(40), pause(100)]);
        const good: Record<string, string> = {
          RSET: '250 2.0.0 Ok',
          MAIL: '250 2.1.0 Ok',
          RCPT: '250 2.1.5 Ok',
          BDAT: '250 2.0.0 Ok: 2 bytes',
          DATA: '354 go on',
        };
        for (const verb of behind.match(/^(RSET|MAIL|RCPT|BDAT|DATA)/gm) ?? []) client.say(good[verb] ?? '');
        client.say('554 5.7.1 spam');
        client.discard();
      },
    });
    const { relay: to, server: at, lost } = await relayThat(noting(script, heard));
    const before = await proveChunks(to);
    isMixing = true;
    heard.length = 0;
    const ends = await handOverAll(to, 12, before);
    expect(ends.filter(({ ended }) => ended === 'accepted')).toEqual([]);
    const outcomes = ends.map((end) => decideOutcome(end).outcome);
    expect(new Set(outcomes)).toEqual(new Set(['uncertain', 'refused']));
    expect(lost).toEqual(['chunks', 'commands-behind']);
    expect(heard.filter((line) => line === 'BDAT 2').length).toBeLessThanOrEqual(2);
    expect(numbersOf(at)).toEqual(upTo(before + 12));
  });

  test('the log says once that BDAT failed, and by which option to avoid it', async () => {
    const server = await startScripted(answering({ ...withCodes, chunk: '502 5.5.1 not here' }));
    const warnings: unknown[] = [];
    const log = { info: () => undefined, warn: (...said: unknown[]) => void warnings.push(said) };
    const relays = testRelays(server.url, { connections: 1, timeouts: patient, log });
    const permit = await relays.requestPermit();
    if (permit === undefined || 'wait' in permit) throw new Error('no permit');
    permit.ended(await handOverAll(permit.relay, 10));
    await relays.close();
    await server.close();
    expect(warnings).toEqual([
      [{ relay: permit.relay.name }, expect.stringMatching(/offers CHUNKING, and BDAT failed.*chunking=off/)],
    ]);
  });
});

const pause = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(() => resolve(''), ms));
