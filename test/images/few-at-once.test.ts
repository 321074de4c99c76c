// The server never fetches and resizes more than three images at once, because each may take 160 MB.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Db } from '../../src/db.js';
import { openImageServer } from '../../src/images/serve-image.js';
import { quiet } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';

const atOnce = 3;

/** A site that holds each request until the test fails it. */
async function startHoldingSite() {
  const held = new Map<string, ServerResponse>();
  let isOpen = false;
  const server = createServer((request, response) => {
    if (isOpen) response.writeHead(404).end();
    else held.set(String(request.url), response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held,
    fail(path: string) {
      held.get(path)?.writeHead(404).end();
      held.delete(path);
    },
    failAll() {
      isOpen = true;
      for (const response of held.values()) response.writeHead(404).end();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// When an image is done, a waiting one starts within a few microtasks. The new request must not overtake it in
// any of them.
test.each(Array.from({ length: 16 }, (_, ticks) => ticks))(
  'a request that arrives %i microtasks after an image is done waits with the others',
  async (ticks) => {
    const site = await startHoldingSite();
    let find: ((row: object) => void) | undefined;
    let onFailure: (() => void) | undefined;
    const row = (id: string) => ({ url: `${site.url}/${id}` });
    const db = {
      maybeOne: (_text: string, [id]: [string]) =>
        id === '5' ? new Promise((resolve) => (find = resolve)) : Promise.resolve(row(id)),
    } as unknown as Db;
    const images = openImageServer({
      db,
      log: quiet,
      now: () => {
        onFailure?.();
        return new Date();
      },
      baseUrl: 'http://digest.example',
      allowPrivateFeeds: ['127.0.0.1'],
      cache: { read: () => Promise.resolve(undefined), write: () => Promise.resolve(true) },
    });
    const serve = (id: string) => images.serve({ id, width: 400 });
    try {
      const served = ['1', '2', '3', '4'].map(serve);
      served.push(serve('5'));
      await waitUntil(() => site.held.size === atOnce && find !== undefined, 30_000, 'three requests');
      onFailure = () => {
        onFailure = undefined;
        const arrive = (left: number): void => {
          if (left === 0) find?.(row('5'));
          else queueMicrotask(() => arrive(left - 1));
        };
        arrive(ticks);
      };
      site.fail('/1');
      await served[0];
      await waitUntil(() => site.held.has('/4') || site.held.has('/5'), 30_000, 'the next request');
      // Gives a wrong fourth request the time to arrive.
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(site.held.size).toBe(atOnce);
      site.failAll();
      expect(await Promise.all(served)).toHaveLength(5);
    } finally {
      await site.close();
    }
  },
);
