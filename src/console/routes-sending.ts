// After a restore of the database all sending is on hold (src/lifeline/lifeline.ts). Every page says so, and one page
// resumes it.
import express, { type RequestHandler, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { getHold } from '../lifeline/lifeline.js';
import { releaseSending } from '../hold.js';
import type { ConsoleDeps } from './deps.js';
import { redirectWith, sendPage } from './page.js';
import { actorOf, requireForm } from './session.js';

/** For the frame of every page. */
export function knowHold({ db }: ConsoleDeps): RequestHandler {
  return async (req, res, next) => {
    if (req.method === 'GET') res.locals['hold'] = await getHold(db);
    next();
  };
}

export function sendingRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  router.get('/sending', (_req, res) => sendPage(res, 'sending', {}));
  router.post('/sending/release', requireForm(deps), async (req, res) => {
    const as = (req.body as Record<string, unknown>)['as'] === 'sent' ? 'sent' : 'unsent';
    const released = await releaseSending(deps, { as });
    if (!released.ok)
      return redirectWith(res, released.code === 'not-held' ? '/console' : '/console/sending', released.code);
    await recordAudit(deps, { actor: actorOf(res), action: 'sending.release', subject: `sending:${as}` });
    redirectWith(res, '/console', 'released');
  });
  return router;
}
