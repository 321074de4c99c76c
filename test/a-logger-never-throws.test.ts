// A log line accompanies the work. Whatever its fields are, logging does not throw and writes what it can.
import { Writable } from 'node:stream';
import { createLog, redact } from '../src/log.js';
import { cpuTime } from './support/cpu-time.js';

/** The lines that `write` logs, parsed. */
function linesOf(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  write(createLog('debug', 'test', destination));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const circular: Record<string, unknown> = {};
circular['self'] = circular;
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
const throwing = {
  get message(): string {
    throw new Error('no');
  },
};
class BadError extends Error {
  override get message(): string {
    throw new Error('no');
  }
}

const shapes: [string, unknown][] = [
  ['a text', 'the feed answered 500 to reader@example.org'],
  ['an empty text', ''],
  ['undefined', undefined],
  ['null', null],
  ['a number', 4],
  ['a bigint', 4n],
  ['a symbol', Symbol('x')],
  ['a function', () => 1],
  ['an object', { status: 500 }],
  ['an object without prototype', Object.assign(Object.create(null) as object, { a: 1 })],
  ['a circular object', circular],
  ['a revoked proxy', revoked],
  ['an object whose property throws', throwing],
  ['an error whose message throws', new BadError()],
  ['an error without a stack', Object.assign(new Error('x'), { stack: undefined })],
  ['an error with a circular cause', new Error('x', { cause: circular })],
  ['an error whose message is a number', Object.assign(new Error('x'), { message: 5 })],
  ['an object whose toJSON throws', { toJSON: () => throwing.message }],
];

test.each(
  ['err', 'error', 'url', 'anything'].flatMap((field) => shapes.map(([name, value]) => [field, name, value])),
)('%s may be %s', (field, _name, value) => {
  const [line, ...more] = linesOf((log) => log.warn({ [String(field)]: value }, 'feed polled'));
  expect(line?.['msg']).toMatch(/^feed polled/);
  expect(more).toEqual([]);
});

test('the reason stays readable when it is a text', () => {
  const [line] = linesOf((log) => log.info({ error: 'the feed answered 500' }, 'feed polled'));
  expect(line).toMatchObject({ error: 'the feed answered 500', msg: 'feed polled' });
});

test('an address in a logged text is masked', () => {
  const [line] = linesOf((log) => log.info({ error: 'refused reader@example.org' }, 'x'));
  expect(line).toMatchObject({ error: 'refused ***@example.org' });
});

test('a long word costs a log line little', async () => {
  for (const word of ['a', '.', 'a.', 'a@', '@'])
    expect(await cpuTime(() => redact(word.repeat(40_000 / word.length)))).toBeLessThan(500);
});
