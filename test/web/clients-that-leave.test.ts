// A client that goes away, or stops reading, stops the work that was for it alone.
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Response } from 'express';
import { sendReaders } from '../../src/api/exports.js';
import { streamIssue } from '../../src/api/issue-events.js';
import { sendPieces } from '../../src/api/send-pieces.js';
import type { Database } from '../../src/db.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter, makeReaders } from '../support/newsroom.js';

const database = useDatabase();

/** A server that answers with `answer`. `ended` resolves when the answer has ended, whichever way. */
async function serve(answer: (res: Response) => Promise<void>) {
  const app = express();
  const ended = new Promise<void>((resolve) => {
    app.get('/', async (_req, res) => {
      await answer(res).finally(resolve);
    });
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, ended, close };
}

const firstByte = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get(url, resolve).on('error', reject);
  });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('an export stops when its client leaves in the middle', async () => {
  const newsletter = await makeNewsletter(database.db);
  await makeReaders(database.db, newsletter.id, 20_000);
  let lots = 0;
  const { db } = database;
  const counting: Database = {
    pool: db.pool,
    end: () => db.end(),
    query: (...all) => db.query(...all),
    maybeOne: (...all) => db.maybeOne(...all),
    one: (...all) => db.one(...all),
    change: (...all) => db.change(...all),
    transaction: (work) => {
      lots += 1;
      return db.transaction(work);
    },
  };
  const actor = { kind: 'cli', role: 'owner' } as const;
  const now = () => new Date();
  const exporting = async (read: (answer: IncomingMessage) => Promise<unknown>): Promise<number> => {
    lots = 0;
    const site = await serve((res) =>
      sendReaders({ db: counting, now }, res, { newsletter, format: 'ndjson', actor }),
    );
    await read(await firstByte(site.url));
    await site.ended;
    site.close();
    return lots;
  };
  const whole = await exporting(async (answer) => {
    for await (const _ of answer);
  });
  const broken = await exporting((answer) => Promise.resolve(answer.destroy()));
  // Ten lots of 2,000 readers, and one that is empty; the audit log is a transaction too.
  expect(whole).toBeGreaterThanOrEqual(11);
  expect(broken).toBeLessThanOrEqual(5);
}, 60_000);

test('a file waits for a client that does not read, and does not pile up', async () => {
  let made = 0;
  let isOver = false;
  async function* pieces(): AsyncGenerator<string> {
    try {
      for (; made < 1_000; made += 1) yield await Promise.resolve('x'.repeat(500_000));
    } finally {
      isOver = true;
    }
  }
  const site = await serve((res) => sendPieces(res, pieces()));
  const answer = await firstByte(site.url);
  answer.pause();
  await pause(500);
  const before = made;
  await pause(500);
  // The system buffers a few megabytes of a connection.
  expect(made).toBe(before);
  expect(made).toBeLessThan(100);
  answer.destroy();
  await site.ended;
  expect(isOver).toBe(true);
  site.close();
});

test('nothing is watched for a client that left before its events began', async () => {
  let watchers = 0;
  const watch = () => {
    watchers += 1;
    return () => {
      watchers -= 1;
    };
  };
  const site = await serve(async (res) => {
    // As while the issue is read from a slow database.
    await new Promise((resolve) => res.once('close', resolve));
    streamIssue({ watch }, '1', res);
  });
  const asked = get(site.url).on('error', () => undefined);
  await pause(100);
  asked.destroy();
  await site.ended;
  expect(watchers).toBe(0);
  site.close();

  const open = await serve((res) => {
    streamIssue({ watch }, '1', res);
    return new Promise((resolve) => res.once('close', resolve));
  });
  const answer = await firstByte(open.url);
  expect(watchers).toBe(1);
  answer.destroy();
  await open.ended;
  expect(watchers).toBe(0);
  open.close();
});
