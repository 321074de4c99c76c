// Resources that all tests of a file share. They open before the first test and close after the last, in
// reverse order. Call each `use…` at the top of the file. Its result works like the value itself from the
// first test on.
import type { Database } from '../../src/db.js';
import { startApp, type TestApp } from './app.js';
import { testDatabase, type TestDatabase } from './database.js';
import { deliveryDeps, type Bench } from './newsroom.js';
import { startSite, type Site } from './site.js';
import { startSink, type Sink } from './smtp-sink.js';
import { startWorker, type WorkerProcess } from './worker-process.js';

const closers: (() => Promise<void>)[] = [];

/**
 * Calls `close` after the last test, in reverse order of opening. Jest runs afterAll hooks from first to
 * last, which would close the database while other resources still use it.
 */
export function closeAfterAll(close: () => unknown): void {
  let isClosed = false;
  const at = closers.push(async () => {
    if (isClosed) return;
    isClosed = true;
    await close();
  });
  afterAll(async () => {
    for (const each of closers.slice(at - 1).toReversed()) await each();
  });
}

/** Calls `make` in a beforeAll. */
export function shared<T extends { close(): unknown }>(make: () => Promise<T>): T {
  let made: T | undefined;
  beforeAll(async () => {
    made = await make();
  });
  closeAfterAll(() => made?.close());
  return new Proxy({} as T, {
    get(_, key) {
      if (made === undefined) throw new Error(`${String(key)} is used before the tests have begun`);
      const value = Reflect.get(made, key, made) as unknown;
      return typeof value === 'function' ? (value.bind(made) as unknown) : value;
    },
  });
}

export const useDatabase = (): TestDatabase => shared(testDatabase);

export const useApp = (...options: Parameters<typeof startApp>): TestApp =>
  shared(() => startApp(...options));

export const useSite = (
  database: { readonly db: Database },
  options?: Parameters<typeof startSite>[1],
): Site => shared(() => startSite(database.db, options));

/** A worker process of the shared queue that sends to the relay at `smtpUrl()`. */
export const useWorker = (database: TestDatabase, smtpUrl: () => string): WorkerProcess =>
  shared(async () => {
    const { url: databaseUrl } = database;
    const worker = await startWorker({ databaseUrl, queueUrl: undefined, smtpUrl: smtpUrl() });
    return Object.assign(worker, { close: () => worker.end('SIGTERM') });
  });

export const useSink = (...options: Parameters<typeof startSink>): Sink =>
  shared(() => startSink(...options));

const openedByTest: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of openedByTest.splice(0).toReversed()) await close();
});

/** Closes the resource after the running test, before those that were opened earlier. */
export function closeAfterTest<T extends { close(): unknown }>(opened: T): T {
  openedByTest.push(() => opened.close());
  return opened;
}

/** A relay that each test gets anew. */
export function useFreshSink(...options: Parameters<typeof startSink>): Sink {
  let sink: Sink | undefined;
  beforeEach(async () => {
    sink = closeAfterTest(await startSink(...options));
  });
  return new Proxy({} as Sink, { get: (_, key) => Reflect.get(sink ?? {}, key) as unknown });
}

/** Returns a function that makes a delivery worker for the running test. */
export const useWorkers =
  (database: { readonly db: Database }) =>
  async (smtpUrl: string, options?: Parameters<typeof deliveryDeps>[2]): Promise<Bench> =>
    closeAfterTest(await deliveryDeps(database.db, smtpUrl, options));
