// Whether a newsletter is offered to readers, in words for its publisher.
import type { Db } from '../db.js';
import type { Newsletter } from './schema.js';
import { selectListing, type Offering } from './store.js';

export interface OfferingInWords extends Offering {
  /** What follows, in a sentence. */
  words: string;
}

/** The publisher's wish, and one sentence about what follows from it. */
export async function describeListing(db: Db, { id }: Pick<Newsletter, 'id'>): Promise<OfferingInWords> {
  const listing = await selectListing(db, id);
  return { ...listing, words: inWords(listing) };
}

function inWords({ wanted, hasAddress, hasPosts }: Offering): string {
  if (!wanted) return 'Unlisted: only people who know its address find its page.';
  const missing = [...(hasAddress ? [] : ['a postal address']), ...(hasPosts ? [] : ['a feed'])];
  return missing.length === 0
    ? 'Listed: the front page and the readers’ pages of your other newsletters offer it.'
    : `Unlisted until it has ${missing.join(' and ')}.`;
}
