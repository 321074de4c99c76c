import { connectionProblem, connectionsNeeded } from '../src/connection-budget.js';

const all = (workers: number, queueInDatabase: boolean) => ({ web: true, workers, queueInDatabase });

test('each worker adds the same number of connections, and fewer with Redis', () => {
  const [one, two, three] = [1, 2, 3].map((workers) => connectionsNeeded(all(workers, true)));
  expect(Number(two) - Number(one)).toBe(Number(three) - Number(two));
  expect(connectionsNeeded(all(8, false))).toBeLessThan(connectionsNeeded(all(8, true)));
});

test('docs/operating.md says the numbers', () => {
  const perWorker = (queueInDatabase: boolean) =>
    connectionsNeeded(all(2, queueInDatabase)) - connectionsNeeded(all(1, queueInDatabase));
  const web = (queueInDatabase: boolean) =>
    connectionsNeeded(all(0, queueInDatabase)) -
    connectionsNeeded({ web: false, workers: 0, queueInDatabase });
  expect([perWorker(false), perWorker(true), web(false), web(true)]).toEqual([12, 24, 11, 15]);
});

test('too few connections are one sentence that says what to do', () => {
  expect(connectionProblem(all(8, true), 97)).toBe(
    'the database allows 97 connections, but web and 8 workers may open 217: raise max_connections, lower WORKERS, ' +
      'or set QUEUE_URL to a Redis',
  );
  expect(connectionProblem({ web: false, workers: 1, queueInDatabase: false }, 20)).toBe(
    'the database allows 20 connections, but 1 worker may open 22: raise max_connections, lower WORKERS',
  );
  expect(connectionProblem(all(8, true), 217)).toBeUndefined();
});
