// A table of relay misbehaviour. Each row: one relay, the result of a hand-over to it, the delivery's state.
import { setTimeout as delay } from 'node:timers/promises';
import type { HandOver } from '../../src/mail/outcome.js';
import type { Timeouts } from '../../src/mail/connection.js';
import type { DeliveryState } from '../../src/delivery/counts.js';
import type { Answer, Answers, ScriptedConnection, Step } from './smtp-script.js';

export interface Misbehaviour {
  name: string;
  answers: Answers;
  handOver: Partial<HandOver>;
  state: DeliveryState;
  /** True: the connection can carry the next message. */
  goesOn: boolean;
}

/** Milliseconds. A silent relay stays silent for longer, and a relay on a busy machine answers sooner. */
export const shortTimeouts: Timeouts = { connect: 1_500, commands: 1_500, message: 1_500 };

const reset: Answer = (client) => client.reset();
const close: Answer = (client) => client.end();
const silence: Answer = () => {};

/** Sends a byte now and then, so that the socket never counts as idle. */
const dribble: Answer = async (client) => {
  for (let byte = 0; byte < 80; byte += 1) {
    client.sayRaw('2');
    await delay(25);
  }
};
const endless: Answer = (client) => client.sayRaw('250 '.padEnd(200_000, 'x'));
const endlessLines: Answer = (client) => client.sayRaw('250-more\r\n'.repeat(20_000));
const garbage = '<html>?!\x00\x07';

const noPipelining: Answers = { EHLO: '250-scripted.test\r\n250 SIZE' };
const inMessage: Answer = async (client) => {
  client.say('354 go on');
  await client.hearBytes(100);
  client.reset();
};
/** Sends a reply byte by byte, with pauses. */
const inBytes =
  (reply: string): Answer =>
  async (client: ScriptedConnection) => {
    for (const byte of `${reply}\r\n`) {
      client.sayRaw(byte);
      await delay(1);
    }
  };

const stageOf = {
  greeting: 'connect',
  EHLO: 'connect',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
  dot: 'message',
} as const;
type Stop = keyof typeof stageOf;
const stops = Object.keys(stageOf) as Stop[];
const conversation: Stop[] = ['MAIL', 'RCPT', 'DATA', 'dot'];

/** A reply that comes before RCPT says nothing about the reader, so the delivery stays queued. */
function stateAfter(stop: Stop, code: number): DeliveryState {
  if (code === 421 || stageOf[stop] === 'connect' || stop === 'MAIL') return 'queued';
  return code < 500 ? 'deferred' : 'refused';
}

/**
 * With PIPELINING, the client has already sent the commands after the refused one, and they are out of order
 * (RFC 2920 section 3.1).
 */
const outOfOrder: Partial<Record<Stop, Answers>> = {
  MAIL: { RCPT: '503 MAIL first', DATA: '503 RCPT first' },
  RCPT: { DATA: '554 no valid recipients' },
};

function replies(): Misbehaviour[] {
  const rows: Misbehaviour[] = [];
  for (const stop of stops)
    for (const code of [421, 450, 451, 452, 550, 552, 554])
      for (const piped of conversation.includes(stop) ? [true, false] : [true]) {
        const others = piped ? outOfOrder[stop] : noPipelining;
        const handOver = { ended: 'reply' as const, code };
        rows.push({
          name: `${code} at ${stop}${piped ? '' : ' without PIPELINING'}`,
          // A relay that refuses EHLO and accepts HELO is merely old. A bad one refuses both.
          answers: { ...others, [stop]: `${code} no`, ...(stop === 'EHLO' ? { HELO: `${code} no` } : {}) },
          // 421 ends the conversation at any stage.
          handOver: code === 421 && piped ? handOver : { ...handOver, stage: stageOf[stop] },
          state: stateAfter(stop, code),
          goesOn: code !== 421 && stageOf[stop] !== 'connect',
        });
      }
  return rows;
}

function lost(): Misbehaviour[] {
  const ways: [string, Answer][] = [
    ['a reset', reset],
    ['a close', close],
    ['silence', silence],
    ['a byte now and then', dribble],
    ['an endless line', endless],
    ['endless lines', endlessLines],
    ['garbage', garbage],
    ['a code of seven digits', '4500000 no'],
  ];
  const tells = new Set(['a close', 'a byte now and then']);
  return stops.flatMap((stop) =>
    ways.map(([way, answer]): Misbehaviour => {
      const bare = typeof answer === 'string';
      return {
        name: `${way} at ${stop}`,
        answers: { [stop]: answer, ...(bare && stop === 'EHLO' ? { HELO: answer } : {}) },
        // Only earlier replies tell the stage of a pipelined conversation, and some of them get lost.
        handOver: {
          ended: 'lost',
          ...(bare || tells.has(way) || !conversation.includes(stop) || stop === 'dot'
            ? { stage: stageOf[stop] }
            : {}),
        },
        state: stop === 'dot' ? 'uncertain' : 'queued',
        goesOn: false,
      };
    }),
  );
}

const row = (
  name: string,
  answers: Answers,
  handOver: Partial<HandOver>,
  state: DeliveryState,
  goesOn = false,
): Misbehaviour => ({ name, answers, handOver, state, goesOn });

const taken: Partial<HandOver> = { ended: 'accepted', code: 250 };
const everyReply = (answer: (step: Step, reply: string) => Answer): Answers => ({
  greeting: answer('greeting', '220 scripted.test ESMTP'),
  EHLO: answer('EHLO', '250-scripted.test\r\n250 PIPELINING'),
  MAIL: answer('MAIL', '250 fine'),
  RCPT: answer('RCPT', '250 fine'),
  dot: answer('dot', '250 taken'),
});

export const misbehaviours: readonly Misbehaviour[] = [
  ...replies(),
  ...lost(),
  row('a reset within the message', { DATA: inMessage }, { ended: 'lost', stage: 'message' }, 'uncertain'),
  row('250 where 354 is due', { DATA: '250 fine' }, { ended: 'lost', stage: 'data' }, 'queued'),
  row('354 once more at the dot', { dot: '354 go on' }, { code: 354, stage: 'message' }, 'uncertain'),
  row('a fragment of a refusal', { dot: cutOff('55') }, { ended: 'lost', stage: 'message' }, 'uncertain'),
  row(
    'a fragment of an acceptance',
    { dot: cutOff('250 ') },
    { ended: 'lost', stage: 'message' },
    'uncertain',
  ),
  row(
    'the message is larger than SIZE',
    { EHLO: '250-me\r\n250 SIZE 100' },
    { ended: 'unfit' },
    'refused',
    true,
  ),
  row('a close after the acceptance', { dot: (c) => (c.say('250 taken'), c.end()) }, taken, 'accepted'),
  row('no EHLO', { EHLO: '502 what?' }, taken, 'accepted', true),
  row('no PIPELINING and no 8BITMIME', noPipelining, taken, 'accepted', true),
  row(
    'replies in bytes',
    everyReply((_, reply) => inBytes(reply)),
    taken,
    'accepted',
    true,
  ),
  row(
    'replies of several lines',
    everyReply((_, reply) => `${reply.slice(0, 3)}-and\r\n${reply.slice(0, 3)}-so on\r\n${reply}`),
    taken,
    'accepted',
    true,
  ),
  row(
    'replies without a text',
    { MAIL: '250', RCPT: '250', DATA: '354', dot: '250' },
    taken,
    'accepted',
    true,
  ),
  row(
    'line ends without CR',
    everyReply((_, r) => (c) => c.sayRaw(`${r}\n`)),
    taken,
    'accepted',
    true,
  ),
  row(
    'the sender refused, the message asked for',
    { MAIL: '550 no', RCPT: '503 no' },
    { code: 550 },
    'queued',
  ),
  row(
    'the reader refused, the message asked for',
    { RCPT: '550 no' },
    { code: 550, stage: 'rcpt' },
    'refused',
    true,
  ),
];

function cutOff(text: string): Answer {
  return (client) => {
    client.sayRaw(text);
    client.end();
  };
}
