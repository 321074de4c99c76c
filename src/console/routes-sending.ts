// After a restore of the database all sending is on hold (src/lifeline/lifeline.ts). Every page says so, and one page
// resumes it. The same page shows the mailbox providers that are paused.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import type { Db } from '../db.js';
import { countUnderWay } from '../delivery/hand-overs.js';
import { holdBriefly, holdInWords } from '../lifeline/hold-words.js';
import { getHold } from '../lifeline/lifeline.js';
import { releaseSending } from '../hold.js';
import { listProviderPauses, resumeProvider } from '../providers/pauses.js';
import { providerName, providerPauseInWords } from '../providers/provider-words.js';
import { countReadersOfAll } from '../subscribers/count-readers.js';
import type { ConsoleDeps } from './deps.js';
import { formField, queryField } from './form-field.js';
import { redirectWith, sendPage, timeWordsOf, translatorOf } from './page.js';
import { actorOf, requireForm, requirePermission } from './session.js';

/** For the frame of every page. */
export function knowHold({ db }: ConsoleDeps): RequestHandler {
  return async (req, res, next) => {
    if (req.method === 'GET') {
      const words = translatorOf(res);
      const times = timeWordsOf(res);
      const hold = await getHold(db);
      res.locals['hold'] = hold && {
        since: times.time(hold.heldAt),
        why: holdInWords(hold, times),
        briefly: holdBriefly(hold, words),
      };
      const paused = await listProviderPauses(db);
      res.locals['refusing'] = paused.map(({ groupKey }) => providerName(groupKey, words)).join(', ');
    }
    next();
  };
}

/** Those who wait for an issue under way, at all providers. Kept, not counted. */
async function countWaiting(db: Db): Promise<number> {
  const { queued = 0, sending = 0, deferred = 0 } = await countUnderWay(db);
  return queued + sending + deferred;
}

/** The page that asks whether to continue as if nothing was sent, because that mails people. */
async function askRelease({ db }: ConsoleDeps, res: Response): Promise<void> {
  if (!(await getHold(db))) return redirectWith(res, '/console', 'not-held');
  const { t } = translatorOf(res);
  // Each missed issue goes to active readers, and an issue under way may also go to readers who have left since.
  const readers = Math.max(await countReadersOfAll(db), await countWaiting(db));
  sendPage(res, 'sending-ask', {
    question: t('sending.askUnsent', { readers }),
    what: t('sending.unsentWhat'),
    action: '/console/sending/release',
    field: 'as',
    value: 'unsent',
    button: t('sending.unsentButton'),
  });
}

/** The page that asks whether to send to a paused provider again, because that mails people. */
async function askResume({ db }: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const words = translatorOf(res);
  const asked = queryField(req, 'provider');
  const pause = (await listProviderPauses(db)).find(({ groupKey }) => groupKey === asked);
  if (!pause) return redirectWith(res, '/console/sending', 'provider-not-paused');
  const provider = providerName(asked, words);
  sendPage(res, 'sending-ask', {
    question: words.t('sending.askProvider', { provider, readers: await countWaiting(db) }),
    what: providerPauseInWords(pause, timeWordsOf(res)),
    saysTimes: pause.stopped,
    action: '/console/sending/resume',
    field: 'provider',
    value: asked,
    button: words.t('sending.resume', { provider }),
  });
}

export function sendingRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  router.get('/sending', async (_req, res) => {
    const paused = await listProviderPauses(deps.db);
    const words = translatorOf(res);
    sendPage(res, 'sending', {
      saysTimes: paused.some(({ stopped }) => stopped),
      paused: paused.map((pause) => ({
        id: pause.groupKey,
        name: providerName(pause.groupKey, words),
        words: providerPauseInWords(pause, timeWordsOf(res)),
      })),
    });
  });
  const mayAsk = requirePermission('write');
  router.get('/sending/release', mayAsk, (_req, res) => askRelease(deps, res));
  router.get('/sending/resume', mayAsk, (req, res) => askResume(deps, req, res));
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
