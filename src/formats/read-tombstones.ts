// Reads which entries an Atom feed declares deleted: <at:deleted-entry ref="…" when="…"/> (RFC 6721). Pure.
import { parseDate } from './dates.js';
import { defined, type Tombstone } from './document.js';

const namespace = 'http://purl.org/atompub/tombstones/1.0';
const tombstonesAtMost = 500;

function unescape(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#38;', '&')
    .replaceAll('&amp;', '&');
}

/** The tombstones of an Atom document. A tombstone inside a post's text does not count. */
export function readTombstones(xml: string): Tombstone[] {
  if (!xml.includes(namespace)) return [];
  const markup = xml.replaceAll(/<!\[CDATA\[[^]*?(?:\]\]>|$)|<!--[^]*?(?:-->|$)/g, '');
  const tombstones: Tombstone[] = [];
  for (const [, attributes = ''] of markup.matchAll(/<(?:[\w-]{1,50}:)?deleted-entry\s([^<>]{0,5000})>/g)) {
    if (tombstones.length === tombstonesAtMost) break;
    const attribute = (name: string): string | undefined =>
      new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`)
        .exec(attributes)
        ?.slice(1)
        .find((value) => value !== undefined);
    const guid = unescape(attribute('ref') ?? '').trim();
    if (guid !== '') tombstones.push(defined({ guid, at: parseDate(attribute('when')) }));
  }
  return tombstones;
}
