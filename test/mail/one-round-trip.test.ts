// The commands of a message go out behind the text of the one before (RFC 2920 section 3.1): one round trip a message.
// Whatever a relay makes of that, no message is taken for accepted that was not, and none is sent twice.
import fc from 'fast-check';
import { decideOutcome } from '../../src/mail/outcome.js';
import { testRelays } from '../support/newsroom.js';
import { expectAlways } from '../support/random-input.js';
import {
  answering,
  startScripted,
  type Answers,
  type Script,
  type ScriptedConnection,
} from '../support/smtp-script.js';
import { allowSlowTests } from '../support/time-limit.js';
import { handOverAll, numbersOf, patient, upTo, useScriptedRelay } from './scripted-relay.js';

allowSlowTests();

const relayThat = useScriptedRelay();

/** Answers the dot only when the next message's commands have come. The last message has none behind it. */
const waitsForNext = (count: number): Answers => {
  let texts = 0;
  return {
    dot: async (client) => {
      texts += 1;
      if (texts < count) await client.hearBytes('MAIL FROM:<>RCPT TO:<>DATA'.length);
      client.say('250 taken');
    },
  };
};

test('the next message is opened before the relay has answered the text', async () => {
  const { relay: to, server: at, lost } = await relayThat(answering(waitsForNext(20)));
  const ends = await handOverAll(to, 20);
  expect(ends.every(({ ended }) => ended === 'accepted')).toBe(true);
  expect([numbersOf(at), at.connections]).toEqual([upTo(20), 1]);
  expect(lost).toEqual([]);
});

test('a text or a reader that is refused ends nothing for the message behind it', async () => {
  let texts = 0;
  const { relay: to, server: at } = await relayThat((client) =>
    answering({
      RCPT: (c) => c.say(texts === 4 ? '550 5.1.1 no such reader' : '250 fine'),
      // Some relays ask for the text although they took no reader.
      DATA: '354 go on',
      dot: (c) => c.say((texts += 1) === 2 ? '554 5.7.1 spam' : '250 taken'),
    })(client),
  );
  const ends = await handOverAll(to, 8);
  expect(ends.filter(({ ended }) => ended === 'reply')).toMatchObject([
    { stage: 'message', code: 554 },
    { stage: 'rcpt', code: 550 },
  ]);
  expect(ends.filter(({ ended }) => ended === 'accepted')).toHaveLength(6);
  expect(at.connections).toBe(1);
});

test('no more than messagesPerConnection are opened on a connection', async () => {
  const { relay: to, server: at } = await relayThat(answering({}), { options: '?messagesPerConnection=3' });
  expect((await handOverAll(to, 10)).every(({ ended }) => ended === 'accepted')).toBe(true);
  expect([numbersOf(at), at.connections]).toEqual([upTo(10), 4]);
});

test('a relay that discards what comes behind a text gets the next message afterwards', async () => {
  const discards: Script = answering({ dot: (client) => (client.discard(), client.say('250 taken')) });
  const timeouts = { ...patient, commands: 300 };
  const { relay: to, server: at, lost } = await relayThat(discards, { timeouts });
  const ends = await handOverAll(to, 30);
  expect(ends.filter(({ ended }) => ended !== 'accepted')).toEqual([]);
  expect(numbersOf(at)).toEqual(upTo(30));
  // Three connections were lost by it. From then on nothing goes behind a text.
  expect(at.connections).toBe(4);
  expect(lost).toEqual(['commands-behind']);
});

test('the log says once that a relay gets nothing behind a text any more, by the relay’s name', async () => {
  const server = await startScripted(
    answering({ dot: (client) => (client.discard(), client.say('250 taken')) }),
  );
  const warnings: unknown[] = [];
  const log = { info: () => undefined, warn: (...said: unknown[]) => void warnings.push(said) };
  const relays = testRelays(server.url, { connections: 1, timeouts: { ...patient, commands: 300 }, log });
  const permit = await relays.requestPermit();
  if (permit === undefined || 'wait' in permit) throw new Error('no permit');
  permit.ended(await handOverAll(permit.relay, 30));
  await relays.close();
  await server.close();
  expect(warnings).toEqual([
    [{ relay: permit.relay.name }, expect.stringMatching(/^mail: the relay refuses commands behind a text/)],
  ]);
});

test('a relay that answers the commands behind a text first is not believed, and gets them afterwards', async () => {
  const { relay: to, server: at } = await relayThat(
    answering({
      dot: async (client) => {
        const next = await Promise.race([client.hearBytes(20).then(() => true), pause(100)]);
        client.say(next ? '250 fine\r\n250 fine\r\n354 go on\r\n554 5.7.1 spam' : '554 5.7.1 spam');
        client.discard();
      },
    }),
  );
  const ends = await handOverAll(to, 12);
  expect(ends.filter(({ ended }) => ended === 'accepted')).toEqual([]);
  const outcomes = ends.map((end) => decideOutcome(end).outcome);
  expect(outcomes.filter((outcome) => outcome === 'uncertain')).toHaveLength(3);
  expect(outcomes.filter((outcome) => outcome === 'refused')).toHaveLength(9);
  expect(numbersOf(at)).toEqual(upTo(12));
});

const pause = (ms: number): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), ms));

/** What a relay does to one message. */
const moods = [
  'takes',
  'refuses',
  'defers',
  'no-reader',
  'closes',
  'resets',
  'says-421',
  'cuts-in-text',
  'knows-no-bdat',
] as const;

test('whatever a relay does, an accepted message was taken, a taken one is accepted or uncertain, and none comes twice', () =>
  expectAlways(
    [
      fc.array(fc.constantFrom(...moods), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom('', '?messagesPerConnection=2'),
      fc.constantFrom<Answers>({}, { EHLO: '250-me\r\n250-PIPELINING\r\n250 CHUNKING' }),
    ],
    async (plan, connections, options, offers) => {
      let at = 0;
      const taken: number[] = [];
      const script: Script = (client) => {
        let mood: (typeof moods)[number] = 'takes';
        let reader = -1;
        const replies: Partial<Record<string, string>> = {
          takes: '250 taken',
          refuses: '554 5.7.1 no',
          defers: '451 4.3.0 later',
          'says-421': '421 4.3.2 bye',
        };
        return answering({
          ...offers,
          MAIL: (c) => {
            mood = plan[at++ % plan.length] ?? 'takes';
            c.say('250 fine');
          },
          RCPT: (c) => c.say(mood === 'no-reader' ? '550 5.1.1 no' : '250 fine'),
          get DATA() {
            if (mood === 'no-reader') return '554 nobody';
            return mood === 'cuts-in-text' ? (c: ScriptedConnection) => c.reset() : '354 go on';
          },
          get chunk() {
            if (mood === 'no-reader') return '503 nobody';
            if (mood === 'knows-no-bdat') return '502 what?';
            return mood === 'cuts-in-text' ? (c: ScriptedConnection) => c.reset() : '250 chunk taken';
          },
          dot: (c) => {
            if (mood === 'knows-no-bdat') mood = 'takes';
            if (mood === 'takes') taken.push(reader);
            if (mood === 'resets') return c.reset();
            c.say(replies[mood] ?? '');
            return mood === 'says-421' || mood === 'closes' ? c.end() : undefined;
          },
        })({
          ...client,
          async hear() {
            const line = await client.hear();
            reader = Number(/^RCPT TO:<reader(\d+)/.exec(line ?? '')?.[1] ?? reader);
            return line;
          },
        });
      };
      const { relay: to, server: scripted } = await relayThat(script, { connections, options });
      const ends = await handOverAll(to, 10);
      to.cut();
      await to.close();
      await scripted.close();
      expect(new Set(taken).size).toBe(taken.length);
      const outcomes = ends.map((end) => decideOutcome(end).outcome);
      const accepted = upTo(ends.length).filter((n) => outcomes[n] === 'accepted');
      expect(taken).toEqual(expect.arrayContaining(accepted));
      const endsOfTaken = new Set(taken.map((n) => outcomes[n]));
      expect([...endsOfTaken].filter((outcome) => outcome !== 'accepted' && outcome !== 'uncertain')).toEqual(
        [],
      );
    },
    60,
  ));
