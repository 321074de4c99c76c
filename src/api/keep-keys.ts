// A key that is limited to named newsletters reaches nothing of the others. One place decides for every endpoint, before any
// of them: by the newsletters that the path is about, or by those that the query or body names. An endpoint that is about
// none is closed to such keys.
import { covers, type NewsletterIds } from '../accounts/permission.js';
import { getFeed } from '../feeds/list-feeds.js';
import { isId } from '../ids.js';
import { getImport } from '../imports/get-import.js';
import { getIssueRow } from '../issues/issue.js';
import { getNewsletter, getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import { getTemplate } from '../newsletters/own-templates.js';
import { getPost } from '../posts/get-post.js';
import { problem, type Problem } from '../problem.js';
import { getSubscriber } from '../subscribers/list-subscribers.js';
import { getWebhook } from '../webhooks/manage-webhooks.js';
import type { ApiDeps } from './deps.js';
import { notFound, type Endpoint } from './endpoint.js';

type Deps = Pick<ApiDeps, 'db' | 'now'>;
/** What tells whether a limited key may call an endpoint. */
export type Reach = Pick<Endpoint, 'path' | 'asked' | 'listsOwn'>;

type Find = (deps: Deps, id: string) => Promise<readonly (string | null | undefined)[]>;

/** The newsletters that each kind of path is about. None: there is no such thing. */
const about: Readonly<Record<string, Find>> = {
  newsletters: async ({ db }, id) => [(await getNewsletter(db, id))?.id],
  issues: async ({ db }, id) => [(await getIssueRow(db, id))?.newsletterId],
  feeds: async ({ db, now }, id) => [(await getFeed(db, id, now()))?.newsletterId],
  posts: async ({ db }, id) => [(await getPost(db, id))?.newsletterId],
  imports: async (deps, id) => [(await getImport(deps, id))?.newsletterId],
  'mail-templates': async ({ db }, id) => [(await getTemplate(db, id))?.newsletterId],
  // The id is that of the issue and of the reader.
  deliveries: async ({ db }, id) => [(await getIssueRow(db, id.split('-')[0] ?? ''))?.newsletterId],
  // A webhook for all newsletters is about none of them alone.
  webhooks: async (deps, id) => [(await getWebhook(deps, { id }))?.newsletterId],
  // What is done to a reader concerns all newsletters of the reader.
  subscribers: async (deps, id) =>
    (await getSubscriber(deps, id))?.subscriptions.map(({ newsletterId }) => newsletterId) ?? [],
};

const closed = (): Problem =>
  problem(403, 'forbidden', 'This key is limited to named newsletters, and this is not about one of them.');

/** Why the key may not call this endpoint. `id`: the path's. Undefined: it may, as far as the path tells. */
export async function refuseByPath(
  deps: Deps,
  ids: NewsletterIds,
  { path, asked, listsOwn }: Reach,
  id: string,
): Promise<Problem | undefined> {
  if (ids === null || listsOwn === true) return undefined;
  const [, kind = '', hasId] = /^\/([\w-]+)(\/:id)?/.exec(path) ?? [];
  if (hasId === undefined) return asked === undefined ? closed() : undefined;
  const find = Object.hasOwn(about, kind) ? about[kind] : undefined;
  if (find === undefined) return closed();
  const found = await find(deps, id);
  // The same as for what does not exist.
  return found.length > 0 && found.every((one) => typeof one === 'string' && covers(ids, one))
    ? undefined
    : notFound(kind.replace(/s$/, '').replace('-', ' '));
}

/** The same by the newsletter that the query or body names: by its id or slug. */
export async function refuseByRequest(
  { db }: Pick<Deps, 'db'>,
  ids: NewsletterIds,
  { path, asked }: { path: string; asked: string | null | undefined },
): Promise<Problem | undefined> {
  // The path tells which one, if the request does not name another.
  if (ids === null || (asked === undefined && path.includes(':id'))) return undefined;
  const newsletterId =
    typeof asked !== 'string' || isId(asked) ? asked : (await getNewsletterBySlug(db, asked))?.id;
  return typeof newsletterId === 'string' && covers(ids, newsletterId) ? undefined : closed();
}

/** What a limited key sees of a reader: the subscriptions to its newsletters. */
export const shownTo = <Reader extends { subscriptions: readonly { newsletterId: string }[] }>(
  ids: NewsletterIds,
  reader: Reader,
): Reader => ({
  ...reader,
  subscriptions: reader.subscriptions.filter(({ newsletterId }) => covers(ids, newsletterId)),
});
