// GET /logos/<hash>.<type>: logos that publishers uploaded, for mails. Uses no cookies.
import express, { type Router } from 'express';
import { LRUCache } from 'lru-cache';
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import { readLogoPath } from '../newsletters/logo-address.js';
import { findLogo } from '../newsletters/uploaded-logos.js';
import { problem, sendProblem } from '../problem.js';

const notFound = problem(404, 'not-found', 'There is no such logo.');

/** All readers of an issue ask at the same time. */
const cacheBytes = 16 * 1024 * 1024;
/** A deleted newsletter's logo goes away. */
const cachedFor = 10 * minute;

export function logoFileRoutes({ db }: { db: Db }): Router {
  const logos = new LRUCache<string, { mediaType: string; content: Buffer }>({
    maxSize: cacheBytes,
    sizeCalculation: ({ content }) => content.length,
    ttl: cachedFor,
    // Simultaneous requests wait for one query.
    fetchMethod: (hash) => findLogo(db, hash),
  });
  const router = express.Router();
  router.get('/logos/:name', async (request, response) => {
    const named = readLogoPath(`/logos/${request.params.name}`);
    const logo = named && (await logos.fetch(named.hash));
    if (named === undefined || logo?.mediaType !== named.mediaType) return sendProblem(response, notFound);
    response.set({
      'Cache-Control': 'public, max-age=31536000, immutable',
      'Content-Security-Policy': "default-src 'none'; sandbox",
      ETag: `"${named.hash}"`,
    });
    response.type(logo.mediaType).send(logo.content);
  });
  return router;
}
