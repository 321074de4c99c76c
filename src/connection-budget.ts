// How many connections to PostgreSQL each process may open. The start, doctor and the embedded PostgreSQL compare
// their sum with what the server allows.
import { queueNames } from './queues.js';

export interface ConnectionLimits {
  /** For transactions and most statements. */
  statements: number;
  /** For the turns of deliveries (src/delivery/store-turn.ts), whose sessions have another setting. */
  turns: number;
  /** For the queue, if it is in the database. A worker waits for each queue's jobs on one connection. */
  queue: number;
}

export const webConnections: ConnectionLimits = { statements: 10, turns: 0, queue: 3 };
export const workerConnections: ConnectionLimits = { statements: 8, turns: 3, queue: queueNames.length + 3 };
export const listenerConnections: ConnectionLimits = { statements: 4, turns: 0, queue: 2 };
/** For the parent process, and for a command that runs beside it. */
const others = 10;

/** What the processes of one machine are. */
export interface Processes {
  web: boolean;
  workers: number;
  /** The process that takes mail that comes back. */
  listener?: boolean;
  queueInDatabase: boolean;
}

/** Each pool may open one more connection, to ask about silent ones (src/postgres/connection-watch.ts). */
function sum({ statements, turns, queue }: ConnectionLimits, queueInDatabase: boolean): number {
  return statements + turns + 1 + (queueInDatabase ? queue + 1 : 0);
}

/** The most connections that these processes open together. */
export function connectionsNeeded({ web, workers, listener = false, queueInDatabase }: Processes): number {
  return (
    (web ? sum(webConnections, queueInDatabase) : 0) +
    workers * sum(workerConnections, queueInDatabase) +
    (listener ? sum(listenerConnections, queueInDatabase) : 0) +
    others
  );
}

/** One sentence if the server allows too few connections. */
export function connectionProblem(processes: Processes, allowed: number): string | undefined {
  const needed = connectionsNeeded(processes);
  if (needed <= allowed) return undefined;
  const what = [
    processes.web ? 'web' : '',
    processes.workers > 0 ? `${processes.workers} worker${processes.workers > 1 ? 's' : ''}` : '',
  ]
    .filter((part) => part !== '')
    .join(' and ');
  return (
    `the database allows ${allowed} connections, but ${what} may open ${needed}: raise max_connections, ` +
    `lower WORKERS${processes.queueInDatabase ? ', or set QUEUE_URL to a Redis' : ''}`
  );
}
