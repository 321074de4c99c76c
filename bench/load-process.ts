// The load generator: each connection has one request under way, and each request has a new address (or path) and
// caller. It speaks HTTP/1.1 on bare sockets to use as little CPU as possible.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../src/config/environment.js';

/** The task that the parent process sends. */
export interface LoadTask {
  port: number;
  path: string;
  /** These are got instead, in turn. */
  gets?: readonly string[];
  connections: number;
  /**
   * Requests a second of all connections together. Those that are late are sent at once, so that a slow moment shows in the
   * latencies; what the warm-up owes is dropped. Undefined: as many as are answered.
   */
  atMost?: number;
  /** The clock starts after this many seconds. */
  warmUpSeconds: number;
  seconds: number;
  /** The path that issues challenges, and how many to solve before the first request. */
  challenges: { path: string; count: number } | undefined;
  /** The status that means the request was taken. */
  wanted: number;
  /** Part of every address, so that no two runs use the same ones. */
  run: string;
}

/** The result that the process sends after its message 'begins'. */
export interface LoadResult {
  /** Answers within the measured time. */
  answers: number;
  seconds: number;
  /** Latencies in milliseconds. */
  p50: number;
  p99: number;
  /** All requests that were taken, also during the warm-up and after the end. */
  taken: number;
}

interface Answer {
  status: number;
  body: string;
}

/** Sends one request and reads its answer, up to its Content-Length. */
function exchange(socket: Socket, request: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let received = '';
    const end = () => reject(new Error('the server closed the connection'));
    const onData = (chunk: string) => {
      received += chunk;
      const head = received.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1] ?? 0);
      if (received.length < head + 4 + length) return;
      socket.off('data', onData).off('close', end);
      resolve({ status: Number(received.slice(9, 12)), body: received.slice(head + 4) });
    };
    socket.on('data', onData).once('close', end);
    socket.write(request, 'latin1');
  });
}

/** Repeats `work` on every socket until it returns false. */
async function onAll(sockets: readonly Socket[], work: (socket: Socket) => Promise<boolean>): Promise<void> {
  await Promise.all(
    sockets.map(async (socket) => {
      while (await work(socket)) {
        // Go on with the next request.
      }
    }),
  );
}

async function solveChallenges(
  sockets: readonly Socket[],
  { path, count }: NonNullable<LoadTask['challenges']>,
): Promise<string[]> {
  const { solve } = (await import(new URL('templates/pages/solve.js', packageRoot).href)) as {
    solve: (challenge: unknown) => Promise<string>;
  };
  const solved: string[] = [];
  let asked = 0;
  await onAll(sockets, async (socket) => {
    if (asked >= count) return false;
    asked += 1;
    const { body } = await exchange(socket, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    solved.push(await solve(JSON.parse(body)));
    return true;
  });
  return solved;
}

function requestOf(task: LoadTask, n: number, altcha: string | undefined): string {
  if (task.gets !== undefined) {
    const path = task.gets[n % task.gets.length];
    return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0 (bench)\r\n\r\n`;
  }
  const email = `${task.run}-${n}@readers${n % 1000}.example.org`;
  const body = JSON.stringify({ email, ...(altcha === undefined ? {} : { altcha }) });
  const ip = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  return (
    `POST ${task.path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0 (bench)\r\nX-Forwarded-For: ${ip}\r\n` +
    `Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}

async function run(task: LoadTask): Promise<LoadResult> {
  const sockets = await Promise.all(
    Array.from({ length: task.connections }, async () => {
      const socket = connect(task.port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
      await once(socket, 'connect');
      return socket;
    }),
  );
  const proofs = task.challenges && (await solveChallenges(sockets, task.challenges));
  process.send?.('begins');
  const times: number[] = [];
  let asked = 0;
  let taken = 0;
  /** The requests that keep the rate, since the time that `since` names. */
  let paced = { since: performance.now(), asked: 0 };
  const begun = paced.since;
  const from = begun + task.warmUpSeconds * 1000;
  const until = from + task.seconds * 1000;
  await onAll(sockets, async (socket) => {
    if (performance.now() > until) return false;
    asked += 1;
    if (task.atMost !== undefined) {
      if (paced.since < from && performance.now() >= from) paced = { since: from, asked: 0 };
      paced.asked += 1;
      await sleep(paced.since + (paced.asked * 1000) / task.atMost - performance.now());
    }
    if (proofs && asked > proofs.length) throw new Error('there were too few solved challenges');
    const request = requestOf(task, asked, proofs?.[asked - 1]);
    const started = performance.now();
    const { status, body } = await exchange(socket, request);
    const ended = performance.now();
    if (status !== task.wanted) throw new Error(`answered with ${status}: ${body.slice(0, 200)}`);
    taken += 1;
    if (ended >= from && ended < until) times.push(ended - started);
    return true;
  });
  for (const socket of sockets) socket.destroy();
  times.sort((a, b) => a - b);
  const quantile = (share: number): number => times[Math.floor(times.length * share)] ?? NaN;
  return { answers: times.length, seconds: task.seconds, p50: quantile(0.5), p99: quantile(0.99), taken };
}

process.once('message', (task: LoadTask) => void answer(task));

async function answer(task: LoadTask): Promise<void> {
  process.send?.(await run(task));
  process.disconnect();
}
