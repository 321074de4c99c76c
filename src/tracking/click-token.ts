// The tokens of links that are counted. Pure.
//
// 21 bytes, base64url, 28 characters, as long as a signed token (src/subscribers/tokens.ts):
// key id (1) · link id (6) · subscription id (6) · authenticator (8)
//
// The authenticator is AES-128 of the bytes before it, cut to 64 bits: they fit one block, and for messages of one
// length that is a MAC (CBC-MAC). One call encrypts the blocks of a whole mail. An HMAC for each of 20 links would
// cost 170 µs a message, which is as much as all the rest; this costs 20.
// A token gives no access: its link leads where the mail says, and a forged one could only count a click.
import { createCipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { keyWithId, type Keys } from '../secrets.js';

export const clickTokenLength = 28;

/** The length of a link's id: 6 bytes, base64url. */
export const linkIdLength = 8;

export interface Click {
  linkId: string;
  subscriptionId: string;
}

const block = 16;
/** The signed bytes of a block. The others are zeros. */
const signed = 13;
const authenticator = 8;

/**
 * An id that a restored database gives again to the same link only: the links of mails that it has forgotten
 * never lead elsewhere.
 */
export const linkIdOf = (issueId: string, url: string): string =>
  createHash('sha256').update(`${issueId} ${url}`).digest('base64url').slice(0, linkIdLength);

const cipherKeys = new WeakMap<Buffer, Buffer>();

function cipherKeyOf(key: Buffer): Buffer {
  const known = cipherKeys.get(key);
  if (known !== undefined) return known;
  const made = createHmac('sha256', key).update('click token').digest().subarray(0, 16);
  cipherKeys.set(key, made);
  return made;
}

/** Each block alone, which is what a MAC of one block needs. */
const encrypted = (key: Buffer, blocks: Buffer): Buffer =>
  createCipheriv('aes-128-ecb', cipherKeyOf(key), null).setAutoPadding(false).update(blocks);

/** Signs the links of a mail for each reader: returns the tokens by the links' ids. */
export function clickSigner(
  { current }: Pick<Keys, 'current'>,
  linkIds: readonly string[],
): (subscriptionId: string) => ReadonlyMap<string, string> {
  const template = Buffer.alloc(block * linkIds.length);
  for (const [index, linkId] of linkIds.entries()) {
    template.writeUInt8(current.id, index * block);
    template.write(linkId, index * block + 1, 'base64url');
  }
  return (subscriptionId) => {
    const blocks = Buffer.from(template);
    for (const index of linkIds.keys()) blocks.writeUIntBE(Number(subscriptionId), index * block + 7, 6);
    const macs = encrypted(current.bytes, blocks);
    const token = Buffer.alloc(signed + authenticator);
    return new Map(
      linkIds.map((linkId, index) => {
        blocks.copy(token, 0, index * block, index * block + signed);
        macs.copy(token, signed, index * block, index * block + authenticator);
        return [linkId, token.toString('base64url')];
      }),
    );
  };
}

export const signClick = (keys: Pick<Keys, 'current'>, { linkId, subscriptionId }: Click): string =>
  clickSigner(keys, [linkId])(subscriptionId).get(linkId) ?? '';

/** Undefined if we did not sign the token. */
export function readClick(keys: Keys, token: string): Click | undefined {
  if (!/^[A-Za-z0-9_-]{28}$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const key = keyWithId(keys, bytes[0]);
  if (!key) return undefined;
  const blocks = Buffer.alloc(block);
  bytes.copy(blocks, 0, 0, signed);
  const mac = encrypted(key, blocks).subarray(0, authenticator);
  if (!timingSafeEqual(bytes.subarray(signed), mac)) return undefined;
  return {
    linkId: bytes.subarray(1, 7).toString('base64url'),
    subscriptionId: String(bytes.readUIntBE(7, 6)),
  };
}
