// Measures an image that may become a newsletter's logo.
import { readAllowance } from '../outbound/allowed-addresses.js';
import { fetchImage } from './fetch-image.js';
import { pictureSize } from './picture.js';

const beginning = 256 * 1024;
const patience = 4_000;

/** The largest size of a logo in a mail, in CSS pixels. */
const largest = { width: 240, height: 64 };
/** The smallest that a look takes (src/newsletters/look.ts). */
const smallest = 16;

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
  return size && fitted(url, size);
}

function fitted(url: string, { width, height }: { width: number; height: number }): Logo | undefined {
  const scale = Math.min(1, largest.width / width, largest.height / height);
  const logo = { url, width: Math.round(width * scale), height: Math.round(height * scale) };
  return logo.width < smallest || logo.height < smallest ? undefined : logo;
}
