// The addresses of uploaded logos: /logos/<SHA-256 of the content>.<type>. One address names one content for ever. Pure.
import { createHash } from 'node:crypto';
import { parseUrl } from '../parse-url.js';

/** The media types of logos, with the ends of their addresses. */
const endings = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
} as const;

export type LogoMediaType = keyof typeof endings;

export const isLogoMediaType = (type: string): type is LogoMediaType => Object.hasOwn(endings, type);

/** The SHA-256 of a content, as its address names it. */
export const hashOfLogo = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** The path of a logo's address. */
export const logoPath = (hash: string, mediaType: LogoMediaType): string =>
  `/logos/${hash}.${endings[mediaType]}`;

export interface LogoName {
  hash: string;
  mediaType: LogoMediaType;
}

/** The logo that a path names; undefined: the path has another form. */
export function readLogoPath(path: string): LogoName | undefined {
  const [, hash, ending] = /^\/logos\/([0-9a-f]{64})\.([a-z]{3,4})$/.exec(path) ?? [];
  const mediaType = (Object.keys(endings) as LogoMediaType[]).find((type) => endings[type] === ending);
  return hash === undefined || mediaType === undefined ? undefined : { hash, mediaType };
}

/**
 * The logo that an address names, whatever its host: BASE_URL may have changed since the address was made. Another
 * installation has such addresses too, so ask whether the logo is stored here.
 */
export function uploadedLogo(address: string): LogoName | undefined {
  const url = parseUrl(address);
  return url === undefined ? undefined : readLogoPath(url.pathname);
}
