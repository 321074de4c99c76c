// Passwords: argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane), which are the package's defaults.
import { hash, verify } from '@node-rs/argon2';

export const minPasswordLength = 10;
/** Beyond it hashing would only cost time. */
export const maxPasswordLength = 256;

export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

let dummy: Promise<string> | undefined;

/** Whether the password is that of `stored`. Without one it takes the same time and says no, so that time tells nothing. */
export async function isPassword(stored: string | undefined, password: string): Promise<boolean> {
  dummy ??= hashPassword('nobody has this password');
  const matches = await verify(stored ?? (await dummy), password.slice(0, maxPasswordLength));
  return stored !== undefined && matches;
}
