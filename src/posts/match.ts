// Finds the posts of a document that the ledger already holds. Pure.
//
// 1. A guid names a post, whatever else changed. A post without guid that did not change is the same.
// 2. An address names a post of another feed, or one without a guid, as it does for every RSS reader. But
//    "Menu" may link to one page every day. So within a feed:
//    - Posts with different guids must also agree in title or date.
//    - Posts without guids are different if they agree in nothing else (same-address.ts).
// 3. The words name a post, by their fingerprint.
// 4. The path names a post whose host changed (identity.ts).
// 5. A site that moves to other software changes guids and paths at once; so may a post whose address is
//    corrected. A new entry is the same post as one that the feed no longer lists if both have the same
//    instant of publication, and the same title or words.
import { day } from '../durations.js';
import type { PreparedPost } from './incoming.js';
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

export interface DatedCandidate extends Candidate {
  text: string;
  /** The feed has other posts with this title. */
  isTitleRepeated: boolean;
}

/** Characters. Shorter texts ("New episode out now!") may belong to any post. */
const tellingText = 60;

/** The traits that identify a post whose names have changed. */
interface Traits {
  /** Milliseconds since 1970. */
  time: number | undefined;
  title: string;
  words: string;
}

const traitsOf = (post: Pick<PreparedPost, 'publishedAt' | 'title' | 'text'>): Traits => ({
  time: post.publishedAt?.getTime(),
  title: normaliseWords(post.title),
  words: normaliseWords(post.text),
});

function isSamePost(one: Traits, other: Traits, isTitleUnique: boolean): boolean {
  if (one.time === undefined || one.time !== other.time) return false;
  const sameWords = one.words === other.words && one.words !== '';
  if (one.title !== other.title) return sameWords && one.words.length >= tellingText;
  // A date without a time becomes midnight. Two posts of a day may share it, but hardly their words too.
  return sameWords || (isTitleUnique && one.time % day !== 0);
}

/**
 * Matches the groups that nothing else named with those posts of `recent` that the document no longer lists.
 */
export function matchRenamed<Post extends PreparedPost, Known extends DatedCandidate>(
  unnamed: readonly PostGroup<Post>[],
  recent: readonly Known[],
  listed: ReadonlySet<string>,
): Map<PostGroup<Post>, Known> {
  const matches = new Map<PostGroup<Post>, Known>();
  if (recent.length === 0) return matches;
  const candidates = recent.map((candidate) => ({ candidate, traits: traitsOf(candidate) }));
  const taken = new Set(listed);
  const titles = unnamed.map(({ identities }) => identities.title);
  for (const group of unnamed) {
    const own = traitsOf(group.post);
    const isUnique = titles.indexOf(own.title) === titles.lastIndexOf(own.title);
    const match = candidates.find(
      ({ candidate, traits }) =>
        !taken.has(candidate.id) && isSamePost(own, traits, isUnique && !candidate.isTitleRepeated),
    )?.candidate;
    if (match === undefined) continue;
    matches.set(group, match);
    taken.add(match.id);
  }
  return matches;
}
