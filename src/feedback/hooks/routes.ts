// The address that providers call: POST /hooks/feedback/:relay. It has no limit by caller: a provider reports a whole
// issue from one address, and an event that it gives up is lost. An unknown relay is refused before its body is read.
import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import type { RelayConfig } from '../../config/relays.js';
import { mayPass } from '../../db.js';
import type { Log } from '../../log.js';
import { problem, sendProblem } from '../../problem.js';
import type { PutDeps } from '../put.js';
import type { Outside } from './scheme.js';
import { hookRelays, takeHook, type Rejection } from './take-hook.js';

export interface FeedbackHookDeps extends PutDeps, Outside {
  relays: readonly RelayConfig[];
  log: Log;
  /** Called with the reason of each refused call. */
  countRejected: (reason: Rejection) => void;
}

const path = '/hooks/feedback/:relay';
const readCall = express.raw({ type: () => true, limit: '1mb' });

/** Seconds, for Retry-After. */
const comeAgainIn = 30;

const answers: Record<Rejection, readonly [status: number, detail: string]> = {
  'unknown-relay': [404, 'No relay of this name has the option feedback.'],
  'bad-signature': [401, 'The signature or the password is not right.'],
  late: [401, 'The signed time is more than five minutes away.'],
  'wrong-topic': [401, 'The topic is not that of feedbackTopic.'],
  'foreign-certificate': [
    401,
    'The certificate is not at an address of Amazon SNS in the region of the topic.',
  ],
  unreadable: [400, 'The body is not what this provider sends.'],
  'too-large': [413, 'The body is larger than 1 MB.'],
  'no-certificate': [503, 'The certificate could not be fetched. Try again.'],
  'not-confirmed': [503, 'The subscription could not be confirmed. Try again.'],
  'not-stored': [503, 'It could not be stored. Try again.'],
};

export function feedbackHookRoutes(deps: FeedbackHookDeps): Router {
  const { relays, log, now, countRejected } = deps;
  const router = express.Router();
  const reject = (res: express.Response, reason: Rejection): void => {
    const [status, detail] = answers[reason];
    countRejected(reason);
    // Providers that keep a password in the address send it only when they are asked.
    if (status === 401) res.set('WWW-Authenticate', 'Basic realm="feedback"');
    sendProblem(res, problem(status, reason, detail, status === 503 ? { retryAfter: comeAgainIn } : {}));
  };

  const requireRelay: RequestHandler<{ relay: string }> = (req, res, next) => {
    const named = hookRelays(relays, req.params.relay);
    res.locals['hookRelays'] = named;
    if (named.length > 0) return next();
    res.set('Connection', 'close');
    return reject(res, 'unknown-relay');
  };

  router.post(path, requireRelay, readCall, async (req, res) => {
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    const call = { body, header: (name: string) => req.get(name), now: now() };
    const named = res.locals['hookRelays'] as ReturnType<typeof hookRelays>;
    const taken = await takeHook(deps, named, call);
    if (taken === 'taken') return void res.status(200).end();
    log.warn({ relay: named[0]?.relay, reason: taken }, 'feedback: a call of a webhook was refused');
    return reject(res, taken);
  });

  const refuseBroken: ErrorRequestHandler = (error: { type?: unknown }, _req, res, next) => {
    if (error.type === 'entity.too.large') return reject(res, 'too-large');
    if (!mayPass(error)) return next(error);
    log.warn({ err: error }, 'feedback: a call of a webhook could not be stored; its provider tries again');
    return reject(res, 'not-stored');
  };
  router.use('/hooks/feedback', refuseBroken);
  return router;
}
