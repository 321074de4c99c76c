// After a restore of the database all sending is on hold (src/lifeline/lifeline.ts). Every page says so, and one page
// resumes it. The same page shows the mailbox providers that are paused.
import express, { type RequestHandler, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { holdInWords } from '../lifeline/hold-words.js';
import { getHold } from '../lifeline/lifeline.js';
import { releaseSending } from '../hold.js';
import { listProviderPauses, resumeProvider } from '../providers/pauses.js';
import { providerName, providerPauseInWords } from '../providers/provider-words.js';
import type { ConsoleDeps } from './deps.js';
import { formField } from './form-field.js';
import { redirectWith, sendPage, translatorOf } from './page.js';
import { actorOf, requireForm } from './session.js';

/** For the frame of every page. */
export function knowHold({ db }: ConsoleDeps): RequestHandler {
  return async (req, res, next) => {
    if (req.method === 'GET') {
      const words = translatorOf(res);
      const hold = await getHold(db);
      res.locals['hold'] = hold && { heldAt: hold.heldAt, why: holdInWords(hold, words) };
      const paused = await listProviderPauses(db);
      res.locals['refusing'] = paused.map(({ groupKey }) => providerName(groupKey, words)).join(', ');
    }
    next();
  };
}

export function sendingRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  router.get('/sending', async (_req, res) => {
    const paused = await listProviderPauses(deps.db);
    const words = translatorOf(res);
    sendPage(res, 'sending', {
      paused: paused.map((pause) => ({
        id: pause.groupKey,
        name: providerName(pause.groupKey, words),
        words: providerPauseInWords(pause, words),
      })),
    });
  });
  router.post('/sending/resume', requireForm(deps), async (req, res) => {
    const provider = formField(req, 'provider');
    const resumed = await resumeProvider(deps, { provider });
    if (resumed)
      await recordAudit(deps, {
        actor: actorOf(res),
        action: 'sending.resume-provider',
        subject: `provider:${provider}`,
      });
    redirectWith(res, '/console/sending', resumed ? 'provider-resumed' : 'provider-not-paused');
  });
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
