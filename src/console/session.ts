// The console's session cookie, and the checks that keep other sites from sending its forms.
import { parseCookie } from 'cookie';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { CookieOptions, Request, RequestHandler, Response } from 'express';
import {
  knownBrowserMs,
  readKnownBrowser,
  signKnownBrowser,
  type KnownBrowser,
} from '../accounts/known-browser.js';
import { may, type Actor, type Permission } from '../accounts/permission.js';
import type { PendingSignIn } from '../accounts/sign-in-provider.js';
import { readSession, type Session } from '../accounts/sign-in.js';
import { minute } from '../durations.js';
import type { ConsoleDeps } from './deps.js';
import { sendMessage, translatorOf } from './page.js';
import { roleInWords } from '../team/role-words.js';
import { parseUrl } from '../parse-url.js';
import { seal, unseal } from '../sealed.js';
import { keyWithId } from '../secrets.js';

export interface ConsoleLocals {
  session: Session;
}

// RFC 6265bis section 4.1.3.2: browsers accept a __Host- cookie only over https, and send it to this host only.
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

/** Remembers that an account has signed in from this browser (src/accounts/known-browser.ts). */
export const knownBrowserCookie = {
  read(deps: ConsoleDeps, req: Request): KnownBrowser | undefined {
    const cookie = read(deps, req, 'known-browser') ?? '';
    return readKnownBrowser(deps.secrets.derive('known-browsers'), cookie, deps.now());
  },
  set(deps: ConsoleDeps, res: Response, accountId: string): void {
    const cookie = signKnownBrowser(deps.secrets.derive('known-browsers'), accountId, deps.now());
    const expires = new Date(deps.now().getTime() + knownBrowserMs);
    res.cookie(named('known-browser', isSecure(deps)), cookie, {
      ...options(deps),
      sameSite: 'strict',
      expires,
    });
  },
};

/** What a browser that is at the provider must bring back. */
export interface PendingReturn extends PendingSignIn {
  /** The page that began it. */
  purpose: 'sign-in' | 'prove';
  /** The page to go to, of the console. */
  to: string;
}

const pendingMs = 10 * minute;

/** Keeps it from step to step, sealed: the PKCE verifier in it is a secret. */
export const pendingCookie = {
  read(deps: ConsoleDeps, req: Request): PendingReturn | undefined {
    const sealed = Buffer.from(read(deps, req, 'provider') ?? '', 'base64url');
    const key = keyWithId(deps.secrets.derive('provider-sign-ins'), sealed[0]);
    const content = key && unseal(key, sealed.subarray(1));
    const pending = content && (JSON.parse(content.toString()) as PendingReturn);
    return pending && deps.now().getTime() - pending.startedAt < pendingMs ? pending : undefined;
  },
  set(deps: ConsoleDeps, res: Response, pending: PendingReturn): void {
    const { current } = deps.secrets.derive('provider-sign-ins');
    const sealed = Buffer.concat([
      Buffer.of(current.id),
      seal(current.bytes, Buffer.from(JSON.stringify(pending))),
    ]);
    // Lax: another site leads the browser back here.
    res.cookie(named('provider', isSecure(deps)), sealed.toString('base64url'), {
      ...options(deps),
      maxAge: pendingMs,
    });
  },
  clear: (deps: ConsoleDeps, res: Response) =>
    res.clearCookie(named('provider', isSecure(deps)), options(deps)),
};

/** A token that the sign-in form and a cookie share, as there is no session yet. */
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

/** Checks the Origin header of a POST. Without the header, the token alone decides. */
function isOwnOrigin(deps: ConsoleDeps, req: Request): boolean {
  const origin = req.get('origin');
  if (origin === undefined) return true;
  const host = parseUrl(origin)?.host ?? '';
  return host !== '' && (host === new URL(deps.baseUrl).host || host === req.get('host'));
}

/** True: the form has the expected token and comes from this site. */
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

/** Redirects to the sign-in page if there is no session. The sign-in then returns to this page. */
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

function sendForbidden(res: Response, permission: Permission): void {
  const words = translatorOf(res);
  const role = roleInWords(sessionOf(res).account.role, words);
  sendMessage(
    res,
    403,
    words.t('console.roleForbids'),
    permission === 'own'
      ? words.t('console.ownersOnly', { role })
      : words.t('console.viewersOnlyView', { role }),
  );
}

/** For files that hold what readers told us. */
export const requirePermission =
  (permission: Permission): RequestHandler =>
  (_req, res, next) =>
    may(sessionOf(res).account.role, permission) ? next() : sendForbidden(res, permission);

/** For requests that change something: requires a form of this site and the permission. */
export function requireForm(deps: ConsoleDeps, permission: Permission = 'write'): RequestHandler {
  return (req, res, next) => {
    const { csrfToken, account } = sessionOf(res);
    if (!isOwnForm(deps, req, csrfToken)) {
      const { t } = translatorOf(res);
      return sendMessage(res, 403, t('console.expired'), t('console.expiredWhy'));
    }
    if (!may(account.role, permission)) return sendForbidden(res, permission);
    next();
  };
}
