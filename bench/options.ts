// Parses the options of `npm run bench`.
import { parseArgs } from 'node:util';
import { queueBackends, type QueueBackend } from '../test/support/queues.js';

/** All measurements, in the order in which they run. */
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
export type Name = (typeof names)[number];

export interface Options {
  readers: number;
  workers: number;
  /** Connections to the relay, in total over all worker processes. */
  connections: number;
  queue: QueueBackend;
  /** Undefined: run all measurements. */
  only: Name | undefined;
  /** Also measure with a million readers, which takes some ten minutes more. */
  full: boolean;
  json: boolean;
}

export const help = `Usage: npm run bench -- [options]

  --readers 100000    of the issue that is measured (1,000 to 1,000,000)
  --workers 2         worker processes
  --connections 40    to the relay, of all workers together
  --queue redis       or postgres
  --only NAME         one of ${names.join(', ')}
  --full              a million readers too
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
      readers: { type: 'string', default: '100000' },
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
  return {
    readers: integer('readers', values.readers, 1_000, 1_000_000),
    workers: integer('workers', values.workers, 1, 64),
    connections: integer('connections', values.connections, 1, 1_000),
    queue: oneOf('queue', values.queue, queueBackends()),
    only: values.only === undefined ? undefined : oneOf('only', values.only, names),
    full: values.full,
    json: values.json,
  };
}
