// Names of formats of feeds. Pure.
import type { FeedKind } from '../../formats/document.js';

/** Names of formats, the same in each language. */
export const feedKindNames: Record<FeedKind, string> = {
  rss: 'RSS',
  atom: 'Atom',
  rdf: 'RSS 1.0',
  json: 'JSON Feed',
  wordpress: 'WordPress',
};
