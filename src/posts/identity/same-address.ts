// Decides whether two posts with one address are one post. Pure.
//
// Every RSS reader takes the link of a post without guid for its identity. That fails where a link leads to a
// page that changes: the menu of today, a list of releases. Such a post agrees with the earlier one in nothing
// but the link.
import { day, hour } from '../../durations.js';
import { areUnlike, isCorrected, likeness } from './alike.js';
import { normaliseWords } from './identity.js';
import type { PreparedPost } from '../incoming.js';

/** A post of the ledger, with the columns that matching needs. */
export interface Candidate {
  id: string;
  feedId: string | null;
  guid: string | null;
  url: string | null;
  title: string;
  publishedAt: Date | null;
  /** The beginning of its text; null for a post with a guid. */
  text: string | null;
}

export function agreesInTitleOrDate(post: PreparedPost, candidate: Candidate): boolean {
  return (
    normaliseWords(post.title) === normaliseWords(candidate.title) ||
    (post.publishedAt !== null && post.publishedAt.getTime() === candidate.publishedAt?.getTime())
  );
}

// Some publishers number a post's versions in its guid: https://www.bbc.co.uk/news/articles/c1#3
const withoutVersion = (guid: string): string => guid.replace(/^(https?:.*)#\d{1,3}$/i, '$1');

interface Circumstances {
  feedId: string | null;
  /** Different posts have had this address. */
  isShared: boolean;
  /** The document lists nothing else. */
  isOnly: boolean;
}

/** True if the address that both share names one post. */
export function sharesAddress(
  post: PreparedPost,
  candidate: Candidate,
  { feedId, isShared, isOnly }: Circumstances,
): boolean {
  if (candidate.feedId !== feedId) return !isShared || agreesInTitleOrDate(post, candidate);
  if (post.guid !== null && candidate.guid !== null)
    return (
      withoutVersion(post.guid) === withoutVersion(candidate.guid) || agreesInTitleOrDate(post, candidate)
    );
  // The feed began to give guids, or ceased to.
  if (post.guid !== null || candidate.guid !== null) return !isShared || agreesInTitleOrDate(post, candidate);
  // A client of the API names a post without guid by its address.
  if (feedId === null) return true;
  return isEdited(post, candidate, isShared || isOnly);
}

/** Two versions of a post have nearly the same date, even if the feed gives each the time of the request. */
const farApart = 12 * hour;

/**
 * True if `post` is a version of `candidate`; both are without guid, at one address. With `isDoubtful`, the
 * address counts for little: other posts have had it, or the feed always lists just its latest post.
 */
function isEdited(post: PreparedPost, candidate: Candidate, isDoubtful: boolean): boolean {
  const [title, before] = [normaliseWords(post.title), normaliseWords(candidate.title)];
  const [words, wordsBefore] = [normaliseWords(post.text), normaliseWords(candidate.text ?? '')];
  const [time, timeBefore] = [post.publishedAt?.getTime(), candidate.publishedAt?.getTime()];
  const apart = time === undefined || timeBefore === undefined ? undefined : Math.abs(time - timeBefore);
  // A date without a time becomes midnight: another post of the day may have it too.
  if (apart === 0 && (!isDoubtful || (time ?? 0) % day !== 0)) return true;
  const isFar = apart !== undefined && apart >= farApart;
  if (title === before) {
    if (areUnlike(words, wordsBefore)) return !isDoubtful && !isFar;
    return !isDoubtful || !isFar || likeness(words, wordsBefore) >= 0.8;
  }
  if (isDoubtful) return isCorrected(title, before) && likeness(words, wordsBefore) >= 0.8;
  return apart === undefined || likeness(title, before) >= 0.5 || hasHalfOf(words, wordsBefore);
}

const hasHalfOf = (words: string, before: string): boolean => words !== '' && likeness(words, before) >= 0.5;
