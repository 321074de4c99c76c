// The address that hubs call: GET verifies a request, POST brings news.
//
// This is the only GET that changes something, as the standard demands: it confirms a lease that we asked
// for.
import express, { type RequestHandler, type Router } from 'express';
import type { Allowance } from '../config/limits.js';
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import type { Enqueue } from '../queues.js';
import type { Secrets } from '../secrets.js';
import { limitCallers } from '../rates/routes-limit-callers.js';
import { hearHub, isOurHub, verifyIntent } from './hub-calls.js';

export interface WebSubDeps {
  db: Db;
  now: () => Date;
  enqueue: Enqueue;
  secrets: Secrets;
  log: Log;
}

/** The same limit as for a feed. */
const bodyLimit = '5mb';
const path = '/hooks/websub/:token';

/** One address may serve the hubs of hundreds of feeds. A call that is lost here costs nothing but time: we also poll. */
const callsOfOneHub: Allowance = { times: 3000, withinSeconds: 3600 };

const readNews = express.raw({ type: () => true, limit: bodyLimit });

/** Refuses an unknown hub before its body is read. 410 makes a hub drop our subscription (section 7.1). */
const requireOurHub =
  (deps: WebSubDeps): RequestHandler<{ token: string }> =>
  async (req, res, next) => {
    if (await isOurHub(deps, req.params.token)) next();
    else res.set('Connection', 'close').status(410).end();
  };

export function webSubRoutes(deps: WebSubDeps): Router {
  const router = express.Router();

  router.get(path, async (req, res) => {
    const parameter = (name: string): string | undefined => {
      const value = req.query[`hub.${name}`];
      return typeof value === 'string' ? value : undefined;
    };
    const challenge = await verifyIntent(deps, req.params.token, {
      mode: parameter('mode'),
      topic: parameter('topic'),
      challenge: parameter('challenge'),
      leaseSeconds: parameter('lease_seconds'),
      reason: parameter('reason'),
    });
    res.set('Cache-Control', 'no-store').type('text/plain');
    if (challenge === undefined) res.status(404).send('Not asked for.\n');
    else res.send(challenge);
  });

  const limitHubs = limitCallers(deps, {
    name: 'hubs',
    allowance: callsOfOneHub,
    refuse: (_req, res, retryAfter) => void res.set('Retry-After', String(retryAfter)).status(429).end(),
  });
  router.post(path, limitHubs, requireOurHub(deps), readNews, async (req, res) => {
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    const signature = req.get('x-hub-signature');
    const heard = await hearHub(deps, req.params.token, { signature, body });
    if (heard === 'unsigned') deps.log.warn('websub: news without our signature, ignored');
    // Section 7.1: unsigned calls are acknowledged too. 410 makes the hub drop our subscription.
    res.status(heard === 'unknown' ? 410 : 202).end();
  });
  return router;
}
