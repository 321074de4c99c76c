// What follows every sign-in, whichever way it went.
import type { Request, Response } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import type { SignedIn } from '../../accounts/sign-in.js';
import { noteSignIn } from '../../team/note-sign-in.js';
import type { ConsoleDeps } from '../deps.js';
import { newslettersFor } from '../scope/shown-newsletters.js';
import { knownBrowserCookie, sessionCookie } from '../session.js';

/** The page after sign-in, as the browser asked for it. Only pages of the console are allowed. */
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
  const asked = pageAfterSignIn(to);
  res.redirect(303, asked === '/console' ? await firstPage(deps, account) : asked);
}

/** The home of the only newsletter, or the list of all. */
async function firstPage({ db }: ConsoleDeps, account: SignedIn['account']): Promise<string> {
  const [first, second] = await newslettersFor(db, account, 2);
  return first === undefined || second !== undefined ? '/console' : `/console/newsletters/${first.slug}`;
}
