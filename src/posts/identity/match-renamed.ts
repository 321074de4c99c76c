// Finds posts whose every name changed: a site moved to other software, or an author corrected title, address
// and text at once. Pure.
//
// A new entry is the same post as one that the feed no longer lists if both have the same second of publication
// and one of these:
// - the same title, or the same words
// - nearly the same title and words
// Without any date, posts at one link need nearly the same title and words.
import { day } from '../../durations.js';
import { canonicalUrl } from './address.js';
import { isCorrected, likeness } from './alike.js';
import { type PostGroup, normaliseWords } from './identity.js';
import type { PreparedPost } from '../incoming.js';
import type { Candidate } from './same-address.js';

export interface DatedCandidate extends Candidate {
  text: string;
  /** The feed has other posts with this title. */
  isTitleRepeated: boolean;
}

/** Characters. Shorter texts ("New episode out now!") may belong to any post. */
const tellingText = 60;
/** More posts than these at one second were imported together: the second says nothing. */
const crowd = 10;

/** The traits that identify a post whose names have changed. */
interface Traits {
  /** Seconds since 1970: one format of a feed may give fractions, another not. */
  second: number | undefined;
  title: string;
  words: string;
  /** The link of a post without guid. */
  link: string | undefined;
}

const traitsOf = (post: Pick<PreparedPost, 'publishedAt' | 'title' | 'text' | 'guid' | 'url'>): Traits => ({
  second: post.publishedAt === null ? undefined : Math.floor(post.publishedAt.getTime() / 1000),
  title: normaliseWords(post.title),
  words: normaliseWords(post.text),
  link: post.guid === null ? canonicalUrl(post.url) : undefined,
});

// A date without a time becomes midnight. Two posts of a day may share it.
const isMidnight = ({ second = 0 }: Traits): boolean => (second * 1000) % day === 0;

function isSamePost(one: Traits, other: Traits, isTitleUnique: boolean): boolean {
  if (one.second === undefined || one.second !== other.second) return false;
  const sameWords = one.words === other.words && one.words !== '';
  if (one.title !== other.title) return sameWords && one.words.length >= tellingText;
  return sameWords || (isTitleUnique && !isMidnight(one));
}

/** True if one is the other with a few words corrected. */
function isVersion(one: Traits, other: Traits): boolean {
  const words = likeness(one.words, other.words);
  const isTelling = Math.min(one.words.length, other.words.length) >= tellingText;
  if (one.second !== other.second) return false;
  if (one.second === undefined)
    return (
      one.link !== undefined &&
      one.link === other.link &&
      isCorrected(one.title, other.title) &&
      (isTelling ? words >= 0.7 : isCorrected(one.words, other.words))
    );
  if (isMidnight(one)) return isTelling && words >= 0.8 && isCorrected(one.title, other.title);
  return (isTelling && words >= 0.7) || (words >= 0.6 && isCorrected(one.title, other.title));
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
  const candidates = recent.map((candidate) => ({ candidate, traits: traitsOf(candidate) }));
  const taken = new Set(listed);
  const titles = unnamed.map(({ identities }) => identities.title);
  const take = (isSame: (own: Traits, other: Traits, isTitleUnique: boolean) => boolean): void => {
    for (const group of unnamed) {
      if (matches.has(group)) continue;
      const own = traitsOf(group.post);
      const isUnique = titles.indexOf(own.title) === titles.lastIndexOf(own.title);
      const match = candidates.find(
        ({ candidate, traits }) =>
          !taken.has(candidate.id) && isSame(own, traits, isUnique && !candidate.isTitleRepeated),
      )?.candidate;
      if (match === undefined) continue;
      matches.set(group, match);
      taken.add(match.id);
    }
  };
  if (recent.length === 0) return matches;
  take(isSamePost);
  const counts = new Map<number | undefined, number>();
  for (const { traits } of candidates) counts.set(traits.second, (counts.get(traits.second) ?? 0) + 1);
  take((own, other) => (counts.get(other.second) ?? 0) <= crowd && isVersion(own, other));
  return matches;
}
