// Dangerous acts want a recent proof of who acts: a thief of a session has neither the password nor the code.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { rpIdOf } from '../../accounts/passkeys/options.js';
import { proveByPasskey } from '../../accounts/passkeys/use-passkey.js';
import { proofMs, proveSession } from '../../accounts/prove.js';
import { isKnownAt } from '../../accounts/sign-in-by-provider.js';
import { takeChallenge } from '../../joining/take-proof.js';
import type { ConsoleDeps } from '../deps.js';
import { sendPage, translatorOf } from '../page.js';
import { requireForm, sessionCookie, sessionOf } from '../session.js';
import { passkeyRefusals } from '../sign-in/passkey-words.js';
import { providerProblemInWords } from '../sign-in/provider-words.js';
import { problemAsked } from '../sign-in/routes-provider.js';
import { secretField } from './password-words.js';

/** The page after the proof. Only pages of the console are allowed. */
function destination(value: unknown): string {
  return typeof value === 'string' && /^\/console(\/[\w-]+)*$/.test(value) ? value : '/console';
}

/**
 * Asks for a proof if the last one is too old, and then leads to `pageOf` the request: the page that asks for the act. For
 * requests that have passed requireForm or requirePermission.
 */
export const requireProof =
  (deps: Pick<ConsoleDeps, 'now'>, pageOf: (req: Request) => string): RequestHandler =>
  (req, res, next) => {
    const isRecent = deps.now().getTime() - sessionOf(res).provedAt.getTime() <= proofMs;
    if (isRecent) next();
    else res.redirect(303, `/console/prove?to=${encodeURIComponent(pageOf(req))}`);
  };

/** The page of the address itself. */
export const samePage = (req: Request): string => req.originalUrl.split('?')[0] ?? '';

async function ask(
  deps: ConsoleDeps,
  req: Request,
  res: Response,
  { status = 200, ...wrong }: { status?: number; wrong?: string; wrongPasskey?: string } = {},
): Promise<void> {
  const { db, provider } = deps;
  const to = destination(req.method === 'GET' ? req.query['to'] : secretField(req, 'to'));
  const { id, hasApp, hasPasskey, hasSecondFactor, hasPassword } = sessionOf(res).account;
  const byProvider =
    provider !== undefined && (await isKnownAt({ db }, { accountId: id, issuer: provider.issuer }));
  const asked = problemAsked(req);
  const view = {
    to,
    passkeyHost: hasPasskey ? rpIdOf(deps) : undefined,
    asksCode: hasSecondFactor,
    isRecoveryOnly: hasSecondFactor && !hasApp,
    asksHere: hasSecondFactor || hasPassword,
    provider: byProvider ? provider.host : undefined,
    problem: asked && provider && providerProblemInWords(asked, provider.host, translatorOf(res)),
    ...wrong,
  };
  sendPage(res, 'prove', view, { status });
}

async function receive(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const { account } = sessionOf(res);
  const token = sessionCookie.read(deps, req) ?? '';
  const to = destination(secretField(req, 'to'));
  const field = secretField(req, 'passkey');
  if (field !== '') return receivePasskey(deps, req, res, { field, token, to });
  const proved = await proveSession(deps, { account, given: secretField(req, 'proof'), token });
  if (proved.ok) return res.redirect(303, to);
  const { t } = translatorOf(res);
  if (proved.code === 'wrong') {
    const wrong = account.hasSecondFactor ? t('factor.wrongCode') : t('profile.wrongPassword');
    return ask(deps, req, res, { status: 422, wrong });
  }
  res.set('Retry-After', String(proved.retryAfter));
  await ask(deps, req, res, {
    status: 429,
    wrong: account.hasSecondFactor ? t('factor.tooMany') : t('profile.tooMany'),
  });
}

async function receivePasskey(
  deps: ConsoleDeps,
  req: Request,
  res: Response,
  { to, ...given }: { field: string; token: string; to: string },
): Promise<void> {
  const { account } = sessionOf(res);
  const proved = await proveByPasskey({ ...deps, takeChallenge }, { account, ...given });
  if (proved.ok) return res.redirect(303, to);
  if (proved.code === 'too-many') res.set('Retry-After', String(proved.retryAfter));
  const { status, key } = passkeyRefusals[proved.code];
  await ask(deps, req, res, {
    status: status === 401 ? 422 : status,
    wrongPasskey: translatorOf(res).t(key),
  });
}

export function proveRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  router.get('/prove', (req, res) => ask(deps, req, res));
  router.post('/prove', requireForm(deps, 'read'), (req, res) => receive(deps, req, res));
  return router;
}
