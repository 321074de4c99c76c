// Which of a document's posts the ledger holds already. Pure.
import type { PreparedPost } from './incoming.js';
import { type Group, hostsOf, normaliseWords } from './identity.js';

/** A post of the ledger, as far as it takes part in matching. */
export interface Candidate {
  id: string;
  guid: string | null;
  url: string | null;
  title: string;
  publishedAt: Date | null;
}

/** True if what moved to another host is the same post: besides the path, title or date agree (and if the text did, its fingerprint would have told). */
function isSamePost(post: PreparedPost, candidate: Candidate): boolean {
  return (
    normaliseWords(post.title) === normaliseWords(candidate.title) ||
    (post.publishedAt !== null && post.publishedAt.getTime() === candidate.publishedAt?.getTime())
  );
}

/**
 * For each group its post in the ledger, or undefined if it is new. `ledger` holds the posts that were seen under any
 * of the groups' identities, by identity.
 */
export function matchPosts<Post extends PreparedPost, Known extends Candidate>(
  groups: readonly Group<Post>[],
  ledger: ReadonlyMap<string, Known>,
  document: readonly Pick<PreparedPost, 'url' | 'guid'>[],
): Map<Group<Post>, Known> {
  const matches = new Map<Group<Post>, Known>();
  const claimedByGuid = new Set<string>();
  for (const group of groups) {
    const match = group.identities.names
      .filter((name) => name.startsWith('guid:'))
      .map((name) => ledger.get(name))
      .find((candidate) => candidate !== undefined);
    if (match === undefined) continue;
    matches.set(group, match);
    claimedByGuid.add(match.id);
  }
  const hosts = hostsOf(document);
  for (const group of groups) {
    if (matches.has(group)) continue;
    const named = group.identities.names
      .map((name) => ledger.get(name))
      .find((candidate) => candidate !== undefined);
    // A post that took over the address of another one, which the document still holds under its guid, is new.
    const isTakeover =
      named !== undefined &&
      claimedByGuid.has(named.id) &&
      normaliseWords(named.title) !== group.identities.title;
    if (named !== undefined && !isTakeover) matches.set(group, named);
    if (named !== undefined) continue;
    const moved = group.identities.places
      .map(({ identity }) => ledger.get(identity))
      .find(
        (candidate) =>
          candidate !== undefined &&
          ![...hostsOf([candidate])].some((host) => hosts.has(host)) &&
          isSamePost(group.post, candidate),
      );
    if (moved !== undefined) matches.set(group, moved);
  }
  return matches;
}

/** Every name under which the groups may be found. */
export function namesOf(groups: readonly Group<PreparedPost>[]): string[] {
  return groups.flatMap(({ identities }) => [
    ...identities.names,
    ...identities.places.map(({ identity }) => identity),
  ]);
}
