// Helpers that read a feed in the parser's thread, and write one.
import { parseFeed, type ParsedFeed } from '../../src/formats/parse.js';
import { inEnglish } from '../../src/languages/translate.js';

export const url = 'https://site.example/feed.xml';

export async function read(document: string | Uint8Array, contentType?: string): Promise<ParsedFeed> {
  const body = typeof document === 'string' ? Buffer.from(document) : document;
  const result = await parseFeed({ body, contentType, url });
  if (!result.ok) throw new Error(inEnglish(result.reason));
  return result.feed;
}

export const rss = (items: string, channel = '', attributes = '') =>
  `<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
    xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" ${attributes}>
    <channel><title>Caf&#233; &amp; Co</title><link>https://site.example/</link>${channel}${items}</channel></rss>`;
