// Parses the options of `npm run bench`.
import { parseArgs } from 'node:util';
import { queueBackends, type QueueBackend } from '../test/support/queues.js';

/** All measurements that run by default, in the order in which they run. */
export const names = [
  'throughput',
  'dkim',
  'growth',
  'far',
  'proof',
  'import',
  'kills',
  'subscribe',
  'planner',
  'topics',
  'feeds',
  'feedback',
  'clicks',
  'console',
] as const;
/** The measurement of a large installation takes too long to run with the others. */
export const alone = ['scale'] as const;
export type Name = (typeof names)[number] | (typeof alone)[number];

export interface Options {
  readers: number;
  workers: number;
  /** Connections to the relay, in total over all worker processes. */
  connections: number;
  queue: QueueBackend;
  /** Undefined: run all measurements. */
  only: Name | undefined;
  /** Readers of the measurements that depend most on their number: a million with --full. */
  large: number;
  full: boolean;
  json: boolean;
}

export const help = `Usage: npm run bench -- [options]

  --readers 100000    of the issue that is measured (1,000 to 1,000,000; scale: 10,000,000, and to 100,000,000)
  --workers 2         worker processes
  --connections 40    to the relay, of all workers together
  --queue redis       or postgres
  --only NAME         one of ${names.join(', ')}, ${alone.join(', ')}
  --full              a million readers too, and more kills: some 30 minutes more
  --json              the figures as JSON, and bench/results.md stays as it is
`;

function integer(option: string, text: string, min: number, max: number): number {
  const number = Number(text.replaceAll(/[,_]/g, ''));
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new Error(`--${option} is ${text}, but must be a whole number from ${min} to ${max}`);
}

function oneOf<T extends string>(option: string, text: string, wanted: readonly T[]): T {
  const found = wanted.find((name) => name === text);
  if (found !== undefined) return found;
  throw new Error(`--${option} is ${text}, but must be one of ${wanted.join(', ')}`);
}

/** Returns undefined if help was asked for. Throws a one-line error for a wrong option. */
export function readOptions(argv: string[]): Options | undefined {
  const { values } = parseArgs({
    args: argv,
    options: {
      readers: { type: 'string' },
      workers: { type: 'string', default: '2' },
      connections: { type: 'string', default: '40' },
      queue: { type: 'string', default: 'redis' },
      only: { type: 'string' },
      full: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const only = values.only === undefined ? undefined : oneOf('only', values.only, [...names, ...alone]);
  const [usual, most] = only === 'scale' ? [10_000_000, 100_000_000] : [100_000, 1_000_000];
  const readers = integer('readers', values.readers ?? String(usual), 1_000, most);
  return {
    readers,
    large: values.full ? 1_000_000 : readers,
    workers: integer('workers', values.workers, 1, 64),
    connections: integer('connections', values.connections, 1, 1_000),
    queue: oneOf('queue', values.queue, queueBackends()),
    only,
    full: values.full,
    json: values.json,
  };
}
