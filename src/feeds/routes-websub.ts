// The address that hubs call: GET verifies a request, POST brings news.
//
// This is the only GET that changes something, as the standard demands: it confirms a lease that we asked
// for.
import express, { type Router } from 'express';
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import type { Enqueue } from '../queues.js';
import type { Secrets } from '../secrets.js';
import { hearHub, verifyIntent } from './hub-calls.js';

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

  router.post(path, express.raw({ type: () => true, limit: bodyLimit }), async (req, res) => {
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    const signature = req.get('x-hub-signature');
    const heard = await hearHub(deps, req.params.token, { signature, body });
    if (heard === 'unsigned') deps.log.warn('websub: news without our signature, ignored');
    // Section 7.1: unsigned calls are acknowledged too. 410 makes the hub drop our subscription.
    res.status(heard === 'unknown' ? 410 : 202).end();
  });
  return router;
}
