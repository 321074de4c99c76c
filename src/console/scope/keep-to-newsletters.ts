// An account whose role is for some newsletters sees nothing of the others. One place decides for every page, before any
// of them: by the newsletters that the page's address is about. A page that is not listed here is closed to such accounts.
import type { RequestHandler } from 'express';
import { covers, type NewsletterIds } from '../../accounts/permission.js';
import type { Db } from '../../db.js';
import { isId } from '../../ids.js';
import { getIssueRow } from '../../issues/issue.js';
import { getNewsletterBySlug } from '../../newsletters/get-newsletter.js';
import { getSubscriber } from '../../subscribers/list-subscribers.js';
import type { ConsoleDeps } from '../deps.js';
import { sendMessage, translatorOf } from '../page.js';
import { sessionOf } from '../session.js';

/** Pages about the account itself, and the list of its newsletters. */
const ownPages = /^\/(?:$|profile(?:\/|$)|prove$|sign-out$)/;

type Find = (db: Db, name: string) => Promise<readonly string[]>;

/** The newsletters that each kind of page is about, by the first two parts of its address. None: there is no such thing. */
const about: Readonly<Record<string, Find>> = {
  async newsletters(db, slug) {
    const newsletter = await getNewsletterBySlug(db, slug);
    return newsletter ? [newsletter.id] : [];
  },
  async issues(db, id) {
    const issue = isId(id) ? await getIssueRow(db, id) : undefined;
    return issue ? [issue.newsletterId] : [];
  },
  // What is done to a reader concerns all newsletters of the reader.
  async subscribers(db, id) {
    const reader = await getSubscriber({ db }, id);
    return reader ? reader.subscriptions.map(({ newsletterId }) => newsletterId) : [];
  },
};

async function isOpen(db: Db, ids: NewsletterIds, path: string): Promise<boolean> {
  if (ids === null || ownPages.test(path)) return true;
  const [, kind = '', name = ''] = /^\/([\w-]+)\/([^/]+)/.exec(path) ?? [];
  const find = Object.hasOwn(about, kind) ? about[kind] : undefined;
  const newsletters = find ? await find(db, decoded(name)) : [];
  return newsletters.length > 0 && newsletters.every((id) => covers(ids, id));
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return '';
  }
}

/** Call it after requireSession and before every page. */
export const keepToNewsletters =
  ({ db }: ConsoleDeps): RequestHandler =>
  async (req, res, next) => {
    // Express matches paths without regard to case.
    if (await isOpen(db, sessionOf(res).account.newsletterIds, req.path.toLowerCase())) return next();
    // The same for a page that is closed and for one that does not exist.
    const { t } = translatorOf(res);
    sendMessage(res, 404, t('console.noSuchPage'), t('console.closedPageWhy'));
  };
