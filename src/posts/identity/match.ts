// Finds the posts of a document that the ledger already holds. Pure.
//
// 1. A guid names a post, whatever else changed. A post without guid that did not change is the same.
// 2. An address names a post of another feed, or one without a guid, as it does for every RSS reader. But
//    "Menu" may link to one page every day. So within a feed:
//    - Posts with different guids must also agree in title or date.
//    - Posts without guids are different if they agree in nothing else (same-address.ts).
// 3. The words name a post, by their fingerprint.
// 4. The path names a post whose host changed (identity.ts).
// 5. A post whose guid and address changed at once is recognised by its date and words (match-renamed.ts).
import type { PreparedPost } from '../incoming.js';
import { type PostGroup, hostsOf, isLinkName, normaliseWords, sharedName } from './identity.js';
import { agreesInTitleOrDate, type Candidate, sharesAddress } from './same-address.js';

/**
 * Maps each group to its post in the ledger; a new group has no entry. `ledger` holds the posts that were
 * seen under any of the groups' identities, by identity. `feedId` is null for posts pushed through the API.
 */
export function matchPosts<Post extends PreparedPost, Known extends Candidate>(
  groups: readonly PostGroup<Post>[],
  ledger: ReadonlyMap<string, Known>,
  document: readonly Pick<PreparedPost, 'url' | 'guid'>[],
  feedId: string | null,
): Map<PostGroup<Post>, Known> {
  const matches = new Map<PostGroup<Post>, Known>();
  const claimed = new Set<string>();
  for (const group of groups) {
    const match = group.identities.names
      .filter((name) => name.startsWith(group.post.guid === null ? 'item:' : 'guid:'))
      .map((name) => ledger.get(name))
      .find((candidate) => candidate !== undefined);
    if (match === undefined) continue;
    matches.set(group, match);
    claimed.add(match.id);
  }
  const hosts = hostsOf(document);
  const isOnly = groups.length === 1;
  for (const group of groups) {
    if (matches.has(group)) continue;
    const named = group.identities.names
      .filter((name) => {
        const candidate = isLinkName(name) ? ledger.get(name) : undefined;
        const isShared = ledger.has(sharedName(name));
        return candidate === undefined || sharesAddress(group.post, candidate, { feedId, isShared, isOnly });
      })
      .map((name) => ledger.get(name))
      .find((candidate) => candidate !== undefined);
    // A post that took over another post's address is new if the document still lists the other, under its
    // guid or unchanged.
    const isTakeover =
      named !== undefined &&
      claimed.has(named.id) &&
      (group.post.guid === null || normaliseWords(named.title) !== group.identities.title);
    if (named !== undefined && !isTakeover) {
      matches.set(group, named);
      if (group.post.guid === null) claimed.add(named.id);
    }
    if (named !== undefined) continue;
    const moved = group.identities.places
      .map(({ identity }) => ledger.get(identity))
      .find(
        (candidate) =>
          candidate !== undefined &&
          ![...hostsOf([candidate])].some((host) => hosts.has(host)) &&
          // If the text agreed, its fingerprint would have matched already.
          agreesInTitleOrDate(group.post, candidate),
      );
    if (moved !== undefined) matches.set(group, moved);
  }
  return matches;
}

/** Every name under which the ledger may hold the groups. */
export function identityNamesOf(groups: readonly PostGroup<PreparedPost>[]): string[] {
  return groups.flatMap(({ identities }) => [
    ...identities.names,
    ...identities.places.map(({ identity }) => identity),
  ]);
}

/** The names that say which of the groups' links different posts share. */
export const sharedNamesOf = (groups: readonly PostGroup<PreparedPost>[]): string[] =>
  groups
    .flatMap(({ identities, shared }) => [...identities.names.filter(isLinkName), ...shared])
    .map(sharedName);

/**
 * The group's links that name no post: those that it shares within the document, and those under which the
 * ledger holds another post of its feed. Only of posts without guids: others are told apart by their guids.
 */
export function sharedLinks(
  { post, identities, shared }: PostGroup<PreparedPost>,
  postId: string,
  ledger: ReadonlyMap<string, Candidate>,
  feedId: string | null,
): string[] {
  const taken = identities.names.filter((name) => {
    const holder = isLinkName(name) && post.guid === null ? ledger.get(name) : undefined;
    return holder !== undefined && holder.id !== postId && holder.feedId === feedId;
  });
  return [...shared, ...taken].map(sharedName);
}
