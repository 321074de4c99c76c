import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import type { Frequency } from '../newsletters/schedule.js';
import { defaultLimit, pageOf, type Page } from '../paging.js';
import { parseAddress } from './address.js';
import type { JoinSource } from './join-source.js';
import type { ReaderProblem } from './reader-problems.js';
import type { SubscriptionStatus } from './status.js';
import * as store from './store.js';
import { subscriberView, type SubscriberView } from './subscriber-view.js';

export interface ListSubscribersInput {
  /** The whole address, in any spelling. */
  email?: string | undefined;
  /** A part of the address or the name, in any case. */
  search?: string | undefined;
  /** Its id or slug. */
  newsletter?: string | undefined;
  /** The status of a subscription: to `newsletter`, if that is given. */
  status?: SubscriptionStatus | undefined;
  /** A topic that the reader chose, in that subscription. */
  topic?: string | undefined;
  problem?: ReaderProblem | undefined;
  /** How the reader last came, to that newsletter. */
  source?: JoinSource | undefined;
  /** How often the reader gets that newsletter: by their own choice, or by its own. */
  frequency?: Frequency | undefined;
  /** Whoever was added then or later. */
  since?: Date | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
}

/**
 * Subscribers in the order of creation. A filter that matches no subscriber gives an empty page. One that few of very
 * many match can give a page that is not full, or empty, and has a next page all the same.
 */
export async function listSubscribers(
  { db }: { db: Db },
  { email, newsletter, search, cursor, limit = defaultLimit, ...filters }: ListSubscribersInput,
): Promise<Page<SubscriberView>> {
  const nobody: Page<SubscriberView> = { data: [], nextCursor: null };
  const parsed = email === undefined ? undefined : parseAddress(email);
  if (parsed && !parsed.ok) return nobody;
  let newsletterId = newsletter;
  if (newsletter !== undefined && !isId(newsletter)) {
    newsletterId = (await getNewsletterBySlug(db, newsletter))?.id;
    if (newsletterId === undefined) return nobody;
  }
  const { rows, lookedTo } = await store.selectSubscribers(
    db,
    { ...filters, key: parsed?.key, newsletterId, search: search?.trim() || undefined },
    { after: cursor !== undefined && isId(cursor) ? cursor : '0', limit: limit + 1 },
  );
  const page = pageOf(rows.map(subscriberView), limit);
  return { ...page, nextCursor: page.nextCursor ?? lookedTo };
}

/** One subscriber with all subscriptions, or undefined. */
export async function getSubscriber({ db }: { db: Db }, id: string): Promise<SubscriberView | undefined> {
  const row = isId(id) ? await store.selectSubscriber(db, id) : undefined;
  return row && subscriberView(row);
}
