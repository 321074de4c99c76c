// One reader of a newsletter, for previews of what they would get.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { parseAddress } from '../subscribers/address.js';
import { languagesBeside } from './freeze.js';
import { selectPosts, variantKey, type PostSelection } from './select-posts.js';
import { selectIssue } from './store.js';
import { type FrozenPost, selectIssuePosts, selectVariants } from './store-freeze.js';
import { selectReader, type ReaderRow } from './store-reader.js';

export interface PreviewedReader extends Omit<ReaderRow, 'language'> {
  language: string;
}

interface Deps {
  db: Db;
  now: () => Date;
}

/** The reader with this address or id, whatever their status. Undefined: none. */
export async function findReaderOf(
  { db, now }: Deps,
  newsletter: Pick<Newsletter, 'id' | 'language'>,
  named: { address: string } | { subscriberId: string },
): Promise<PreviewedReader | undefined> {
  const parsed = 'address' in named ? parseAddress(named.address) : undefined;
  if (parsed?.ok === false || ('subscriberId' in named && !isId(named.subscriberId))) return undefined;
  const row = await selectReader(db, {
    newsletterId: newsletter.id,
    ...('subscriberId' in named ? { subscriberId: named.subscriberId } : { addressKey: parsed?.key ?? '' }),
    languages: languagesBeside(newsletter),
    now: now(),
  });
  return row && { ...row, language: row.language ?? newsletter.language };
}

/** What the reader gets of `posts`. Undefined: nothing. */
export const selectionOf = (
  newsletter: Pick<Newsletter, 'schedule'>,
  { readThrough, readAhead, topics }: Pick<PreviewedReader, 'readThrough' | 'readAhead' | 'topics'>,
  posts: readonly FrozenPost[],
): PostSelection | undefined =>
  selectPosts(
    posts.map((post) => ({ ...post, seq: Number(post.seq) })),
    { readThrough: Number(readThrough), readAhead: readAhead.map(Number), topics },
    newsletter.schedule,
  );

/** The variant that the reader gets of a frozen issue which no reader has yet. Undefined: none. */
export async function variantFor(
  deps: Deps,
  { issueId, subscriberId }: { issueId: string; subscriberId: string },
): Promise<{ variantId: string; reader: PreviewedReader } | undefined> {
  const issue = await selectIssue(deps.db, issueId);
  if (!issue?.frozenAt || issue.fannedOutAt) return undefined;
  const newsletter = await getNewsletter(deps.db, issue.newsletterId);
  const reader = newsletter && (await findReaderOf(deps, newsletter, { subscriberId }));
  if (!newsletter || !reader) return undefined;
  const selection = selectionOf(newsletter, reader, await selectIssuePosts(deps.db, issueId));
  if (selection === undefined) return undefined;
  const key = variantKey(selection, reader.language);
  const variantId = (await selectVariants(deps.db, issueId)).find((variant) => variant.key === key)?.id;
  return variantId === undefined ? undefined : { variantId, reader };
}
