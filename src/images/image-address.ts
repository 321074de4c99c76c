// The addresses of the images that we serve: /images/<id>-<width>-<signature>. The signature keeps strangers
// from making us fetch, resize and store images that no post shows. Pure.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId } from '../ids.js';

/** The host that serves images, and the key that signs their addresses. */
export interface ImageHost {
  /** Without a slash at its end. */
  baseUrl: string;
  key: string;
}

// 96 bits: too many to guess.
const signatureLength = 16;

const sign = (key: string, id: string, width: number): string =>
  createHmac('sha256', key).update(`image.${id}.${width}`).digest('base64url').slice(0, signatureLength);

export function imageAddress({ baseUrl, key }: ImageHost, id: string, width: number): string {
  return `${baseUrl}/images/${id}-${width}-${sign(key, id, width)}`;
}

/** The image that an address names; undefined if the address is not one of ours. */
export function readImageName(name: string, key: string): { id: string; width: number } | undefined {
  const [, id = '', width = '', signature = ''] = /^(\d+)-(\d{1,4})-([\w-]{16})$/.exec(name) ?? [];
  if (!isId(id)) return undefined;
  const expected = Buffer.from(sign(key, id, Number(width)));
  return timingSafeEqual(expected, Buffer.from(signature)) ? { id, width: Number(width) } : undefined;
}
