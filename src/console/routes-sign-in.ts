import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { signIn, signOut } from '../accounts/sign-in.js';
import { callerKey } from '../rates/counts.js';
import type { ConsoleDeps } from './deps.js';
import { redirectWith, sendPage } from './page.js';
import {
  isOwnForm,
  requireForm,
  requireSession,
  sessionCookie,
  signInCookie,
  signInToken,
} from './session.js';

/** The page after sign-in. Only pages of the console are allowed. */
function destination(value: unknown): string {
  return typeof value === 'string' && /^\/console(\/[\w/-]*)?$/.test(value) && value !== '/console/sign-in'
    ? value
    : '/console';
}

const field = (req: Request, name: string): string => {
  const value: unknown = (req.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : '';
};

export function signInRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();

  const show = (req: Request, res: Response, view: object = {}, status = 200): void =>
    sendPage(
      res,
      'sign-in',
      {
        signInToken: signInToken(deps, req, res),
        to: destination(req.query['to'] ?? field(req, 'to')),
        ...view,
      },
      { status },
    );

  router.get('/sign-in', (req, res) => show(req, res));

  router.post('/sign-in', async (req, res) => {
    const email = field(req, 'email').trim().slice(0, 320);
    if (!isOwnForm(deps, req, signInCookie(deps, req)))
      return show(req, res, { email, problem: 'This page had expired. Please try again.' }, 403);
    const result = await signIn(
      { ...deps, ...deps.limits },
      { email, password: field(req, 'password'), caller: callerKey(req.ip ?? '') },
    );
    if (result.ok) {
      await recordAudit(deps, {
        actor: { kind: 'account', id: result.account.id, role: result.account.role },
        action: 'account.sign-in',
      });
      sessionCookie.set(deps, res, result.token, result.expiresAt);
      return res.redirect(303, destination(field(req, 'to')));
    }
    if (result.code === 'wrong')
      return show(req, res, { email, problem: 'Wrong e-mail address or password.' }, 401);
    const minutes = Math.ceil(result.retryAfter / 60);
    res.set('Retry-After', String(result.retryAfter));
    const wait = minutes === 1 ? 'a minute' : `${minutes} minutes`;
    return show(req, res, { email, problem: `Too many attempts. Please wait ${wait}.` }, 429);
  });

  router.post('/sign-out', requireSession(deps), requireForm(deps, 'read'), async (req, res) => {
    await signOut(deps, sessionCookie.read(deps, req) ?? '');
    sessionCookie.clear(deps, res);
    redirectWith(res, '/console/sign-in', 'signed-out');
  });
  return router;
}
