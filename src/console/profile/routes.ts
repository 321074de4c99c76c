// An account's own page: its password, its language, and the browsers in which it is signed in.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import { maxPasswordLength, minPasswordLength } from '../../accounts/password.js';
import { endSessions, listSessions } from '../../accounts/sessions.js';
import { languageNames, languageOf, languages } from '../../languages/language.js';
import { changePassword } from '../../team/change-password.js';
import { chooseAccountLanguage } from '../../team/choose-language.js';
import { browserInWords } from '../../team/browser-words.js';
import type { ConsoleDeps } from '../deps.js';
import { formField } from '../form-field.js';
import { redirectWith, sendPage, translatorOf } from '../page.js';
import { actorOf, requireForm, sessionCookie, sessionOf } from '../session.js';
import { passwordInWords, secretField } from './password-words.js';

const home = '/console/profile';

type Problem = Partial<Record<'old' | 'chosen' | 'again', string>>;

const tokenOf = (deps: ConsoleDeps, req: Request): string => sessionCookie.read(deps, req) ?? '';

async function show(deps: ConsoleDeps, req: Request, res: Response, wrong?: Problem): Promise<void> {
  const { account } = sessionOf(res);
  const words = translatorOf(res);
  const sessions = await listSessions(deps, { accountId: account.id, token: tokenOf(deps, req) });
  const view = {
    wrong,
    minPasswordLength,
    maxPasswordLength,
    languages: languages.map((language) => ({
      value: language,
      label: languageNames[language],
      chosen: language === account.language,
    })),
    sessions: sessions.map((session) => ({
      browser: browserInWords(session, words),
      signedInAt: session.signedInAt,
      seenAt: session.seenAt,
      isThis: session.isThis,
    })),
    hasOthers: sessions.some(({ isThis }) => !isThis),
  };
  sendPage(res, 'profile', view, wrong ? { status: 422 } : {});
}

async function receivePassword(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const { account } = sessionOf(res);
  const { t } = translatorOf(res);
  const chosen = secretField(req, 'chosen');
  if (chosen !== secretField(req, 'again')) return show(deps, req, res, { again: t('profile.notTheSame') });
  const old = secretField(req, 'old');
  const changed = await changePassword(deps, { account, old, chosen, token: tokenOf(deps, req) });
  if (changed.ok) return redirectWith(res, home, 'password-changed');
  if (changed.code === 'wrong') return show(deps, req, res, { old: t('profile.wrongPassword') });
  if (changed.code === 'too-many') {
    res.set('Retry-After', String(changed.retryAfter));
    return show(deps, req, res, { old: t('profile.tooMany') });
  }
  return show(deps, req, res, { chosen: passwordInWords(changed.code, translatorOf(res)) });
}

async function receiveLanguage(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const language = languageOf(formField(req, 'language')) ?? 'en';
  await chooseAccountLanguage(deps, { actor: actorOf(res), accountId: sessionOf(res).account.id, language });
  redirectWith(res, home, 'language-saved');
}

async function endOthers(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const { account } = sessionOf(res);
  const ended = await endSessions(deps, { accountId: account.id, token: tokenOf(deps, req) });
  await recordAudit(deps, { actor: actorOf(res), action: 'account.end-sessions', detail: { ended } });
  redirectWith(res, home, 'sessions-ended');
}

export function profileRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const isForm = requireForm(deps, 'read');
  router.get('/profile', (req, res) => show(deps, req, res));
  router.post('/profile/password', isForm, (req, res) => receivePassword(deps, req, res));
  router.post('/profile/language', isForm, (req, res) => receiveLanguage(deps, req, res));
  router.post('/profile/sessions', isForm, (req, res) => endOthers(deps, req, res));
  return router;
}
