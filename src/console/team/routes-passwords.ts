// Pages before a sign-in: a forgotten password, and the link of a mail by which an account chooses one.
import express, { type Request, type Response, type Router } from 'express';
import { maxPasswordLength, minPasswordLength } from '../../accounts/password.js';
import { callerKey, isThisMachine } from '../../rates/counts.js';
import { chooseByLink, readLink } from '../../team/choose-by-link.js';
import { forgottenPassword } from '../../team/forgotten-password.js';
import { parseAddress } from '../../subscribers/address.js';
import type { ConsoleDeps } from '../deps.js';
import { formField } from '../form-field.js';
import { redirectWith, sendPage, translatorOf } from '../page.js';
import { passwordInWords, secretField } from '../profile/password-words.js';
import { isOwnForm, signInCookie, signInToken } from '../session.js';

interface Wrong {
  status: number;
  email?: string;
  wrong: string;
}

function askForAddress(deps: ConsoleDeps, req: Request, res: Response, wrong?: Wrong): void {
  const view = { signInToken: signInToken(deps, req, res), ...wrong };
  sendPage(res, 'forgotten', view, { status: wrong?.status ?? 200 });
}

async function receiveAddress(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const { t, say } = translatorOf(res);
  const email = formField(req, 'email');
  if (!isOwnForm(deps, req, signInCookie(deps, req)))
    return askForAddress(deps, req, res, { status: 403, email, wrong: t('signIn.expired') });
  const address = parseAddress(email);
  if (!address.ok) return askForAddress(deps, req, res, { status: 422, email, wrong: say(address.reason) });
  const ip = req.ip ?? '';
  const caller = isThisMachine(ip) ? undefined : callerKey(ip);
  const asked = await forgottenPassword(deps, { email: address.address, caller });
  if (asked.ok) return redirectWith(res, '/console/forgotten', 'link-asked');
  res.set('Retry-After', String(asked.retryAfter));
  askForAddress(deps, req, res, { status: 429, email, wrong: t('signIn.tooManyLinks') });
}

function sendNoLink(res: Response): void {
  const { t } = translatorOf(res);
  sendPage(res, 'message', { heading: t('signIn.noLink'), text: t('signIn.noLinkText') }, { status: 404 });
}

type WrongPassword = Partial<Record<'chosen' | 'again' | 'form', string>>;

/** The form in which the account of the link chooses a password, in its language. */
async function askForPassword(
  deps: ConsoleDeps,
  req: Request,
  res: Response,
  wrong?: WrongPassword,
): Promise<void> {
  const token = String(req.params['token']);
  const link = await readLink(deps, token);
  if (!link) return sendNoLink(res);
  res.locals['language'] = link.account.language;
  const view = {
    token,
    signInToken: signInToken(deps, req, res),
    email: link.account.email,
    isInvitation: link.purpose === 'invitation',
    minPasswordLength,
    maxPasswordLength,
    wrong,
  };
  sendPage(res, 'password-link', view, wrong ? { status: 422 } : {});
}

async function receivePassword(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const token = String(req.params['token']);
  const link = await readLink(deps, token);
  if (!link) return sendNoLink(res);
  res.locals['language'] = link.account.language;
  const words = translatorOf(res);
  if (!isOwnForm(deps, req, signInCookie(deps, req)))
    return askForPassword(deps, req, res, { form: words.t('signIn.expired') });
  const chosen = secretField(req, 'chosen');
  if (chosen !== secretField(req, 'again'))
    return askForPassword(deps, req, res, { again: words.t('profile.notTheSame') });
  const result = await chooseByLink(deps, { token, chosen });
  if (result.ok) return redirectWith(res, '/console/sign-in', 'password-chosen');
  if (result.code === 'no-link') return sendNoLink(res);
  return askForPassword(deps, req, res, { chosen: passwordInWords(result.code, words) });
}

export function passwordRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  // The address of the page is a secret, which no other site may learn. With no-referrer, browsers would send the form
  // with "Origin: null" (Fetch standard, "append a request Origin header"), and isOwnForm would refuse it.
  router.use('/password', (_req, res, next) => {
    res.set({ 'Referrer-Policy': 'same-origin', 'X-Robots-Tag': 'noindex' });
    next();
  });
  router.get('/forgotten', (req, res) => askForAddress(deps, req, res));
  router.post('/forgotten', (req, res) => receiveAddress(deps, req, res));
  router.get('/password/:token', (req, res) => askForPassword(deps, req, res));
  router.post('/password/:token', (req, res) => receivePassword(deps, req, res));
  return router;
}
