// Measures an image that may become a newsletter's logo.
import { readAllowance } from '../outbound/allowed-addresses.js';
import { fetchImage } from './fetch-image.js';
import { pictureSize } from './picture.js';

const beginning = 256 * 1024;
const patience = 4_000;

/** The largest size of a logo in a mail, in CSS pixels. */
const largest = { width: 240, height: 64 };
/** The smallest that a look takes (src/newsletters/look.ts). */
export const smallest = 16;

interface Size {
  width: number;
  height: number;
}

export interface Logo {
  url: string;
  /** In a mail, in CSS pixels. */
  width: number;
  height: number;
}

/** The logo with its size in a mail; undefined if the address holds no picture that mail programs show. */
export async function measureLogo(
  deps: { baseUrl: string; allowPrivateFeeds: readonly string[] },
  url: string,
): Promise<Logo | undefined> {
  const source = { baseUrl: deps.baseUrl, allowance: readAllowance(deps.allowPrivateFeeds) };
  const fetched = await fetchImage(source, url, { limit: beginning, whole: false, milliseconds: patience });
  const size = fetched.status === 'fetched' ? pictureSize(fetched.bytes) : undefined;
  const inMail = size && sizeInMail(size);
  return inMail && isLargeEnough(inMail) ? { url, ...inMail } : undefined;
}

/** The size of a logo in a mail, in CSS pixels, from that of its picture. */
export function sizeInMail({ width, height }: Size): Size {
  const scale = Math.min(1, largest.width / width, largest.height / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

export const isLargeEnough = ({ width, height }: Size): boolean => width >= smallest && height >= smallest;
