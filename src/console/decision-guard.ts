// Accepts the link of a mail to an account (src/decision-link.ts), while that account has the permission to decide.
import type { RequestHandler, Response } from 'express';
import { getAccount } from '../accounts/manage-accounts.js';
import { covers, may, type Actor } from '../accounts/permission.js';
import { getFeed } from '../feeds/list-feeds.js';
import { getIssueRow } from '../issues/issue.js';
import type { MessageKey } from '../languages/messages.js';
import { readDecision } from '../decision-link.js';
import type { ConsoleDeps } from './deps.js';
import { limitCallers } from '../rates/routes-limit-callers.js';
import { sendMessage, translatorOf } from './page.js';

interface Decider {
  /** The id of the issue or feed. */
  id: string;
  actor: Actor;
}

export const deciderOf = (res: Response): Decider => (res.locals as { decider: Decider }).decider;

/** Limits the decisions of one caller, with the forms of readers' links. */
export const limitLinkForms = (deps: ConsoleDeps): RequestHandler =>
  limitCallers(deps, {
    name: 'links',
    allowance: deps.subscribeLimits.linksPerCaller,
    refuse: (_req, res, retryAfter) => {
      res.set('Retry-After', String(retryAfter));
      const { t } = translatorOf(res);
      sendMessage(res, 429, t('console.tooMany'), t('console.tooManyWhy'));
    },
  });

async function newsletterIdOf(
  { db, now }: ConsoleDeps,
  kind: Parameters<typeof readDecision>[1],
  id: string,
): Promise<string | undefined> {
  if (kind === 'review') return (await getIssueRow(db, id))?.newsletterId;
  return (await getFeed(db, id, now()))?.newsletterId;
}

/** For a path with `:token`. `instead` says what to do if the link does not work. */
export function requireDecision(
  deps: ConsoleDeps,
  kind: Parameters<typeof readDecision>[1],
  instead: MessageKey,
): RequestHandler<{ token: string }> {
  const key = deps.secrets.derive('review-links');
  return async (req, res, next) => {
    res.set({ 'Referrer-Policy': 'no-referrer', 'X-Robots-Tag': 'noindex', 'Cache-Control': 'no-store' });
    const link = readDecision(key, kind, req.params.token, deps.now());
    const account = link && (await getAccount(deps.db, link.accountId));
    const newsletterId = link && (await newsletterIdOf(deps, kind, link.id));
    const decides =
      account !== undefined &&
      may(account.role, 'write') &&
      (account.newsletterIds === null ||
        (newsletterId !== undefined && covers(account.newsletterIds, newsletterId)));
    // The reader of the mail is known by the link, before any sign-in.
    if (decides) res.locals['language'] = account.language;
    const { t } = translatorOf(res);
    if (!link || !account || !decides) return sendMessage(res, 404, t('console.linkDead'), t(instead));
    if (link.expired) return sendMessage(res, 410, t('console.linkExpired'), t(instead));
    res.locals['decider'] = {
      id: link.id,
      actor: { kind: 'account', id: account.id, role: account.role },
    } satisfies Decider;
    next();
  };
}
