// Kinds of feeds, and why an address could not be read, in the language of the account. Pure.
import type { FetchProblem } from '../../feeds/discover-feeds.js';
import type { FeedKind } from '../../formats/document.js';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import { parseUrl } from '../../parse-url.js';
import { hostOf } from '../../text/words.js';

/** Names of formats, the same in each language. */
export const feedKindNames: Record<FeedKind, string> = {
  rss: 'RSS',
  atom: 'Atom',
  rdf: 'RSS 1.0',
  json: 'JSON Feed',
  wordpress: 'WordPress',
};

const failures: Record<FetchProblem['code'], MessageKey> = {
  private: 'feeds.failedPrivate',
  address: 'feeds.failedAddress',
  name: 'feeds.failedName',
  connection: 'feeds.failedConnection',
  certificate: 'feeds.failedCertificate',
  timeout: 'feeds.failedTimeout',
  size: 'feeds.failedSize',
  redirects: 'feeds.failedRedirects',
  gone: 'feeds.failedGone',
  refused: 'feeds.failedRefused',
  status: 'feeds.failedStatus',
  encoding: 'feeds.failedEncoding',
  document: 'feeds.failedDocument',
};

/** Why nothing was found at `address`, without a full stop. English has the exact words of the failure. */
export function problemInWords(
  { code, detail }: FetchProblem,
  address: string,
  { language, t }: Translator,
): string {
  if (language === 'en') return detail;
  const url = parseUrl(address) === undefined ? `https://${address}` : address;
  return t(failures[code], { host: hostOf(url) ?? address });
}
