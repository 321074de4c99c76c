// The address from which a mail shows an image. Pure.
import { parseUrl } from '../parse-url.js';

/** Gmail and Outlook show no SVG, and an SVG may contain scripts. */
const isDrawing = (url: URL): boolean => /\.svgz?$/i.test(url.pathname);

/**
 * The image's address over https; undefined if it is no http address, or an SVG. Mail programs block http or
 * warn about it, and most sites answer on both. Local addresses stay unchanged, for a trial on one's own
 * computer.
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
