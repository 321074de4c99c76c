// Passwords: argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane), which are the package's defaults.
import { hash, verify } from '@node-rs/argon2';

export const minPasswordLength = 10;
/** A longer password would only cost more hashing time. */
export const maxPasswordLength = 256;

export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

let dummy: Promise<string> | undefined;

/**
 * Whether the password matches `stored`. Without `stored` it takes the same time and returns false, so that
 * the response time does not reveal which accounts exist.
 */
export async function isPassword(stored: string | undefined, password: string): Promise<boolean> {
  dummy ??= hashPassword('nobody has this password');
  const matches = await verify(stored ?? (await dummy), password.slice(0, maxPasswordLength));
  return stored !== undefined && matches;
}
