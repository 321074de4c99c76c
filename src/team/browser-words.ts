// A browser in words: "Firefox on Linux". Pure.
import type { NamedBrowser } from '../accounts/browser.js';
import type { Translator } from '../languages/translate.js';

export function browserInWords({ browser, system }: NamedBrowser, { t }: Translator): string {
  if (browser !== undefined && system !== undefined) return t('profile.browserOn', { browser, system });
  return browser ?? system ?? t('profile.unknownBrowser');
}
