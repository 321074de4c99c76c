// The address under which mail shows an image. Pure.
import { parseUrl } from '../parse-url.js';

/** Gmail and Outlook show none, and what draws it could hold scripts. */
const isDrawing = (url: URL): boolean => /\.svgz?$/i.test(url.pathname);

/**
 * The image's address over https, or undefined: it is none, or an SVG. Readers' programs block or warn of http, and most sites answer on both.
 * The machine's own addresses stay as they are: that is a trial on one's own computer.
 */
export function secureImageUrl(address: string): string | undefined {
  const url = parseUrl(address);
  if (url === undefined || isDrawing(url)) return undefined;
  if (url.protocol === 'https:') return url.href;
  if (url.protocol !== 'http:') return undefined;
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) return url.href;
  url.protocol = 'https:';
  return url.href;
}
