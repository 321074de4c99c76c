// Secret tokens, shown once and stored as a SHA-256 hash. A token is 256 random bits, so guessing cannot
// reverse the plain hash.
import { createHash, randomBytes } from 'node:crypto';

export function newToken(prefix = ''): string {
  return prefix + randomBytes(32).toString('base64url');
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
