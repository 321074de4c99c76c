// Which passwords an account may choose. Guessing programs try common passwords first, so length alone is not enough
// (NIST SP 800-63B: a minimum length, a list of common passwords, and no rules about kinds of characters).
import { readFileSync } from 'node:fs';
import { packageRoot } from '../config/environment.js';
import { maxPasswordLength, minPasswordLength } from './password.js';

export type PasswordProblem = 'too-short' | 'too-long' | 'common' | 'too-simple';

let common: ReadonlySet<string> | undefined;

/** The list is read at the first use. */
function isCommon(password: string): boolean {
  common ??= new Set(
    readFileSync(new URL('src/accounts/common-passwords.txt', packageRoot), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
  return common.has(password);
}

const fewestCharacters = 4;

/** What is wrong with a password that the account `email` chooses. Undefined: nothing. */
export function passwordProblem(password: string, email: string): PasswordProblem | undefined {
  if (password.length < minPasswordLength) return 'too-short';
  if (password.length > maxPasswordLength) return 'too-long';
  const lower = password.toLowerCase();
  const [name = '', domain = ''] = email.toLowerCase().split('@');
  // "aaaaaaaaaa" and "abababababab"; the address, or a part of it with a few characters more.
  if (new Set(lower).size < fewestCharacters) return 'too-simple';
  const rest = [email.toLowerCase(), domain, name]
    .filter((part) => part.length >= 4)
    .reduce((left, part) => left.replace(part, ''), lower);
  if (rest.length < 4) return 'too-simple';
  return isCommon(lower) ? 'common' : undefined;
}

/** For the API and the command line, which are in English. */
export const passwordProblemInEnglish: Readonly<Record<PasswordProblem, string>> = {
  'too-short': `A password has ${minPasswordLength} to ${maxPasswordLength} characters.`,
  'too-long': `A password has ${minPasswordLength} to ${maxPasswordLength} characters.`,
  common: 'This password is one of the most common ones, which programs try first.',
  'too-simple': 'This password is too simple: it repeats a few characters, or is the e-mail address.',
};
