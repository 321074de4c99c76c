// Fetches an image of a post: from no private address, in limited time, and no more bytes than are needed.
import type { FetchFailure } from '../outbound/fetch-failure.js';
import type { PrivateAllowance } from '../outbound/allowed-addresses.js';
import { readBody, readStart } from '../outbound/read-body.js';
import { guardedRequest } from '../outbound/request.js';

export interface ImageSource {
  /** Our own address, for the User-Agent. */
  baseUrl: string;
  allowance: PrivateAllowance;
}

// Prefer other formats to AVIF: mail programs must be able to show an image that cannot be resized here.
const accept = 'image/jpeg, image/png, image/gif, image/webp;q=0.8, image/*;q=0.5';

export type FetchedImage =
  { status: 'fetched'; bytes: Uint8Array } | { status: 'refused'; isGone: boolean } | FetchFailure;

/** The whole image if it has at most `limit` bytes, or only its first `limit` bytes. */
export async function fetchImage(
  { baseUrl, allowance }: ImageSource,
  url: string,
  { limit, whole, milliseconds }: { limit: number; whole: boolean; milliseconds: number },
): Promise<FetchedImage> {
  return guardedRequest<FetchedImage>(
    {
      url,
      baseUrl,
      allowance,
      milliseconds,
      redirects: 4,
      headers: { accept, ...(whole ? {} : { range: `bytes=0-${limit - 1}` }) },
    },
    async ({ response, header, signal }) => {
      if (response.statusCode !== 200 && response.statusCode !== 206) {
        response.body.on('error', () => undefined).destroy();
        // Other statuses may mean a server in trouble, or one that rejects programs but serves readers.
        return { status: 'refused', isGone: response.statusCode === 404 || response.statusCode === 410 };
      }
      const read = [response.body, header('content-encoding'), limit, signal] as const;
      const bytes = whole ? await readBody(...read) : Buffer.from(await readStart(...read), 'latin1');
      return { status: 'fetched', bytes };
    },
  );
}
