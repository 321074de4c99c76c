// The addresses of images that we serve: /images/<id>-<width>-<signature>. Signed, so that nobody makes us fetch, resize
// and keep what no post shows. Pure.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId } from '../ids.js';

/** Where images are served from, and the key that signs their addresses. */
export interface ImageHost {
  /** Without a slash at its end. */
  baseUrl: string;
  key: string;
}

// 96 bits: nobody finds one by trying.
const signatureLength = 16;

const sign = (key: string, id: string, width: number): string =>
  createHmac('sha256', key).update(`image.${id}.${width}`).digest('base64url').slice(0, signatureLength);

export function imageAddress({ baseUrl, key }: ImageHost, id: string, width: number): string {
  return `${baseUrl}/images/${id}-${width}-${sign(key, id, width)}`;
}

/** Which image an address names, or undefined if it is none of ours. */
export function readImageName(name: string, key: string): { id: string; width: number } | undefined {
  const [, id = '', width = '', signature = ''] = /^(\d+)-(\d{1,4})-([\w-]{16})$/.exec(name) ?? [];
  if (!isId(id)) return undefined;
  const expected = Buffer.from(sign(key, id, Number(width)));
  return timingSafeEqual(expected, Buffer.from(signature)) ? { id, width: Number(width) } : undefined;
}
