// The texts of a connection are put together in the same memory, one after the other. None may change while the socket
// still has it.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { readConfig } from '../../src/config/environment.js';
import type { Parts } from '../../src/mail/compose.js';
import { standardTimeouts } from '../../src/mail/connection.js';
import { PipelinedSession } from '../../src/mail/pipelining/session.js';
import { dataForm } from '../../src/mail/pipelining/text-form.js';
import { openRelay } from '../../src/mail/relay.js';
import { closeAfterTest } from '../support/fixture.js';
import { startSink, type SinkOptions } from '../support/smtp-sink.js';

const envelope = { from: 'digest@news.example.org', to: 'ada@readers.example.org' };

/** A shared part, and one of this message alone that is `lines` long. Some messages fit in the memory of those before. */
const shared = Buffer.from(`${'The harbour bridge reopened. '.repeat(2)}\r\n`.repeat(300));
const ownPart = (n: number, lines: number): string => `message ${n} has this line\r\n`.repeat(lines);
const lengths = [1, 40_000, 3, 900, 60_000, 12, 2_000, 1, 30_000, 700];
const textOf = (n: number): string =>
  `Subject: ${n}\r\n\r\n${shared.toString()}${ownPart(n, lengths[n % lengths.length] ?? 1)}`;
const partsOf = (n: number): Parts => [
  `Subject: ${n}\r\n\r\n`,
  shared,
  '',
  ownPart(n, lengths[n % lengths.length] ?? 1),
  Buffer.from('.\r\n'),
];

test.each<[string, SinkOptions, string]>([
  ['DATA', {}, 'smtp'],
  ['BDAT', { chunking: true }, 'smtp'],
  ['DATA and TLS', { starttls: true }, 'smtp'],
])('with %s each message arrives as it is', async (_name, options, scheme) => {
  const sink = closeAfterTest(await startSink(options));
  const [config] = readConfig({ SMTP_URL: `${scheme}://127.0.0.1:${sink.port}` }).relays ?? [];
  if (!config) throw new Error('no relay');
  const relay = openRelay(config, 2, standardTimeouts);
  const numbers = Array.from({ length: 30 }, (_, n) => n);
  const ends = await Promise.all(numbers.map((n) => relay.handOver(envelope, partsOf(n))));
  await relay.close();
  expect(ends.filter(({ ended }) => ended !== 'accepted')).toEqual([]);
  const received = new Map(
    sink.messages.map(({ raw }) => [Number(/^Subject: (\d+)/m.exec(raw.toString())?.[1]), raw.toString()]),
  );
  expect(received.size).toBe(numbers.length);
  for (const n of numbers) expect(received.get(n) === textOf(n)).toBe(true);
});

test('a text stays as it is until the socket has sent it, even if its reply comes earlier', async () => {
  const taken: Buffer[] = [];
  const sent: (() => void)[] = [];
  const socket = new Duplex({
    read() {},
    write(octets: Buffer, _encoding, onSent) {
      taken.push(octets);
      sent.push(() => onSent());
    },
  });
  const session = new PipelinedSession(socket as Socket, () => undefined);
  const send = (n: number): Promise<void> =>
    session.sendText(dataForm(partsOf(n)), {
      onOut: () => undefined,
      onReply: () => undefined,
      behind: () => undefined,
    });
  const wanted = (n: number): string => `${textOf(n)}.\r\n`;
  await send(0);
  socket.push('250 taken\r\n');
  await send(2);
  expect(taken.map(String)).toEqual([wanted(0)]);
  for (const n of [2, 5, 7]) {
    // The socket has sent the text before, and its memory is free.
    sent.shift()?.();
    await new Promise(setImmediate);
    if (n !== 2) await send(n);
    expect(taken.at(-1)?.toString()).toBe(wanted(n));
  }
  const memories = taken.map(({ buffer }) => buffer);
  expect(memories[0] === memories[1]).toBe(false);
  expect(new Set(memories).size).toBeLessThan(taken.length);
});
