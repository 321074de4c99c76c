// Why a password is refused, in the language of the page.
import type { Request } from 'express';
import type { PasswordProblem } from '../../accounts/choose-password.js';
import { maxPasswordLength, minPasswordLength } from '../../accounts/password.js';
import type { Translator } from '../../languages/translate.js';

/** A password of a form, as typed: spaces count. */
export function secretField({ body }: Pick<Request, 'body'>, name: string): string {
  const value: unknown = (body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : '';
}

export function passwordInWords(problem: PasswordProblem, { t }: Translator): string {
  switch (problem) {
    case 'too-short':
      return t('profile.tooShort', { least: minPasswordLength });
    case 'too-long':
      return t('profile.tooLong', { most: maxPasswordLength });
    case 'common':
      return t('profile.common');
    case 'too-simple':
      return t('profile.tooSimple');
  }
}
