// Recovery codes: for an account whose authenticator app is lost. Each works once.
import { randomBytes } from 'node:crypto';
import { hashToken } from './token.js';

const count = 10;
// Without letters and digits that look alike: 31 characters.
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';

/** "k7mw-2hqp-x9tr-c4vn": 16 characters, so that not even a thief of the database can try them all. */
function newCode(): string {
  const characters: string[] = [];
  while (characters.length < 16)
    // Bytes beyond the last multiple of the alphabet's length would make some characters more frequent.
    for (const byte of randomBytes(24))
      if (byte < 248 && characters.length < 16) characters.push(alphabet.charAt(byte % alphabet.length));
  return (characters.join('').match(/.{4}/g) ?? []).join('-');
}

export const newRecoveryCodes = (): string[] => Array.from({ length: count }, newCode);

/** What the database keeps of a code, however it is typed. Undefined: this cannot be one. */
export function recoveryHash(typed: string): Buffer | undefined {
  const code = typed.toLowerCase().replaceAll(/[\s-]/g, '');
  return /^[a-z2-9]{16}$/.test(code) ? hashToken(code) : undefined;
}
