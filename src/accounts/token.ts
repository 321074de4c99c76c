// Secrets that are shown once and stored as SHA-256. They are 256 random bits, so a plain hash cannot be
// reversed by guessing.
import { createHash, randomBytes } from 'node:crypto';

export function newToken(prefix = ''): string {
  return prefix + randomBytes(32).toString('base64url');
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
