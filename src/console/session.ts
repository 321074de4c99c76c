// Who is at the console: the session cookie, and what a POST must show so that no other site can make one.
import { parseCookie } from 'cookie';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { CookieOptions, Request, RequestHandler, Response } from 'express';
import { may, type Actor, type Permission } from '../accounts/permission.js';
import { readSession, type Session } from '../accounts/sign-in.js';
import type { ConsoleDeps } from './deps.js';
import { sendMessage } from './page.js';
import { parseUrl } from '../parse-url.js';

export interface ConsoleLocals {
  session: Session;
}

// RFC 6265bis section 4.1.3.2: a browser takes a __Host- cookie only over https, for this host alone.
const named = (name: string, secure: boolean): string => (secure ? `__Host-${name}` : name);

const isSecure = ({ baseUrl }: Pick<ConsoleDeps, 'baseUrl'>): boolean => baseUrl.startsWith('https:');

function options(deps: ConsoleDeps): CookieOptions {
  return { httpOnly: true, secure: isSecure(deps), sameSite: 'lax', path: '/' };
}

function read(deps: ConsoleDeps, req: Request, name: string): string | undefined {
  return parseCookie(req.headers.cookie ?? '')[named(name, isSecure(deps))];
}

export const sessionCookie = {
  read: (deps: ConsoleDeps, req: Request) => read(deps, req, 'session'),
  set: (deps: ConsoleDeps, res: Response, token: string, expires: Date) =>
    res.cookie(named('session', isSecure(deps)), token, { ...options(deps), expires }),
  clear: (deps: ConsoleDeps, res: Response) =>
    res.clearCookie(named('session', isSecure(deps)), options(deps)),
};

/** Before there is a session: a token that the sign-in form and a cookie share. */
export function signInToken(deps: ConsoleDeps, req: Request, res: Response): string {
  const known = read(deps, req, 'sign-in');
  if (known !== undefined && /^[\w-]{22}$/.test(known)) return known;
  const token = randomBytes(16).toString('base64url');
  res.cookie(named('sign-in', isSecure(deps)), token, { ...options(deps), sameSite: 'strict' });
  return token;
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A browser says where a POST comes from; one that says nothing is judged by the token alone. */
function isOwnOrigin(deps: ConsoleDeps, req: Request): boolean {
  const origin = req.get('origin');
  if (origin === undefined) return true;
  const host = parseUrl(origin)?.host ?? '';
  return host !== '' && (host === new URL(deps.baseUrl).host || host === req.get('host'));
}

/** The form's token is that of the session, or of the sign-in form, and the form is ours. */
export function isOwnForm(deps: ConsoleDeps, req: Request, expected: string | undefined): boolean {
  const given: unknown = (req.body as Record<string, unknown> | undefined)?.['csrf'];
  return (
    expected !== undefined && typeof given === 'string' && equal(given, expected) && isOwnOrigin(deps, req)
  );
}

export const signInCookie = (deps: ConsoleDeps, req: Request): string | undefined =>
  read(deps, req, 'sign-in');

export const sessionOf = (res: Response): Session => (res.locals as ConsoleLocals).session;

export function actorOf(res: Response): Actor {
  const { account } = sessionOf(res);
  return { kind: 'account', id: account.id, role: account.role };
}

/** Lets nobody past who is not signed in; shows the sign-in page, and comes back after it. */
export function requireSession(deps: ConsoleDeps): RequestHandler {
  return async (req, res, next) => {
    const token = sessionCookie.read(deps, req);
    const session = token === undefined ? undefined : await readSession(deps, token);
    if (!session) {
      const back = req.method === 'GET' ? `?to=${encodeURIComponent(req.originalUrl)}` : '';
      return res.redirect(303, `/console/sign-in${back}`);
    }
    res.locals['session'] = session;
    next();
  };
}

/** For what changes something: a form of our own, sent by someone whose role may. */
export function requireForm(deps: ConsoleDeps, permission: Permission = 'write'): RequestHandler {
  return (req, res, next) => {
    const { csrfToken, account } = sessionOf(res);
    if (!isOwnForm(deps, req, csrfToken))
      return sendMessage(
        res,
        403,
        'This page was too old',
        'Nothing was changed. Go back, load the page anew and try again.',
      );
    if (!may(account.role, permission))
      return sendMessage(
        res,
        403,
        'You may not do this',
        `Your role is ${account.role}: you may look at everything here.`,
      );
    next();
  };
}
