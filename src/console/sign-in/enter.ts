// What follows every sign-in, whichever way it went.
import type { Request, Response } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import type { SignedIn } from '../../accounts/sign-in.js';
import { noteSignIn } from '../../team/note-sign-in.js';
import type { ConsoleDeps } from '../deps.js';
import { knownBrowserCookie, sessionCookie } from '../session.js';

/** The page after sign-in. Only pages of the console are allowed. */
export function pageAfterSignIn(value: unknown): string {
  return typeof value === 'string' && /^\/console(\/[\w/-]*)?$/.test(value) && value !== '/console/sign-in'
    ? value
    : '/console';
}

/** The account is signed in. `to`: as the browser gave it. */
export async function enterConsole(
  deps: ConsoleDeps,
  req: Request,
  res: Response,
  { result, to }: { result: SignedIn; to: unknown },
): Promise<void> {
  const { account, token, expiresAt } = result;
  const known = knownBrowserCookie.read(deps, req);
  await recordAudit(deps, {
    actor: { kind: 'account', id: account.id, role: account.role },
    action: 'account.sign-in',
  });
  await noteSignIn(deps, { account, known, userAgent: req.get('user-agent') ?? '' });
  knownBrowserCookie.set(deps, res, account.id);
  sessionCookie.set(deps, res, token, expiresAt);
  res.redirect(303, pageAfterSignIn(to));
}
