// Sends a page of the console with its frame, and the short notice after a redirect.
import type { Response } from 'express';
import { may } from '../accounts/permission.js';
import type { Session } from '../accounts/sign-in.js';
import { chooseLanguage, type Language } from '../languages/language.js';
import { translator, type Translator } from '../languages/translate.js';
import type { Newsletter } from '../newsletters/schema.js';
import { navigation } from './navigation.js';
import { noticeInWords, type Notice } from './notices/notices.js';
import { stateWords } from './state-words.js';
import { renderConsole } from '../templating/templates.js';
import { pageTimes, type PageClock, type TimeWords } from '../text/when-words.js';

/** The language of the account; before a sign-in, that of the browser. `locals.language` replaces both. */
export function translatorOf(res: Response): Translator {
  const { session, language } = res.locals as { session?: Session; language?: Language };
  const stored = language ?? session?.account.language;
  return translator(chooseLanguage({ stored, accepts: res.req.get('accept-language') }));
}

/** The clock of a page with times in `zone` (IANA): of its newsletter, or UTC on pages of the installation. */
export function clockOf(res: Response, zone = 'UTC'): PageClock {
  const { now } = res.app.locals as { now: () => Date };
  return { now: now(), zone };
}

/** The translator with the page's clock, for sentences that say a time. */
export const timeWordsOf = (res: Response, zone?: string): TimeWords =>
  pageTimes(translatorOf(res), clockOf(res, zone));

/** The words around every page, in the language of the account, and the direction of that language. */
function frameWords({ t, language, direction }: Translator, status: number) {
  return {
    language,
    direction,
    skip: t('console.skip'),
    menu: t('console.menu'),
    pages: t('console.pages'),
    mostUsed: t('console.mostUsed'),
    allPages: t('console.allPages'),
    allNewsletters: t('console.allNewsletters'),
    moreNewsletters: t('console.moreNewsletters'),
    profile: t('console.profile'),
    password: t('console.password'),
    secondFactor: t('console.secondFactor'),
    sessions: t('console.sessions'),
    languageOfConsole: t('console.language'),
    signOut: t('console.signOut'),
    // A page that is refused says which role it takes.
    viewOnly: status === 403 ? undefined : t('console.viewOnly'),
  };
}

/** Sends a page in its frame, in the language of the account. `zone`: of its times; by default that of its newsletter. */
export function sendPage(
  res: Response,
  name: string,
  view: object,
  { status = 200, refreshSeconds, zone }: { status?: number; refreshSeconds?: number; zone?: string } = {},
): void {
  const { session, hold, refusing } = res.locals as { session?: Session; hold?: object; refusing?: string };
  const words = translatorOf(res);
  const { newsletter } = view as { newsletter?: Newsletter };
  const frame = {
    locale: words.locale,
    frame: frameWords(words, status),
    clock: clockOf(res, zone ?? newsletter?.timezone),
    account: session?.account,
    csrfToken: session?.csrfToken,
    rail: session && navigation(res, newsletter, words),
    flash: noticeInWords(res.req.query['notice'], words),
    mayWrite: session !== undefined && may(session.account.role, 'write'),
    refreshSeconds,
    hold,
    refusing,
    states: stateWords(words),
  };
  // A page that hides a name of the frame loses its language, its rail or its notice without a sign.
  const hidden = Object.keys(view).filter((key) => key in frame);
  if (hidden.length > 0) throw new Error(`the page "${name}" has names of the frame: ${hidden.join(', ')}`);
  res
    .status(status)
    .set('Cache-Control', 'no-store')
    .send(renderConsole(name, { ...frame, ...view }));
}

export function sendMessage(res: Response, status: number, title: string, text: string): void {
  sendPage(res, 'message', { heading: title, text }, { status });
}

/** Redirects to a page, which shows the notice. */
export function redirectWith(res: Response, path: string, notice: Notice): void {
  res.redirect(303, `${path}?notice=${notice}`);
}

/**
 * Sends HTML that may hold content of feeds, for an iframe. It runs no script, submits no form and has an opaque origin.
 * The header keeps the sandbox when a browser opens the address outside the iframe.
 */
export function sendSandboxed(res: Response, html: string): void {
  res
    .set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy':
        "sandbox; default-src 'none'; img-src http: https:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
    })
    .type('html')
    .send(html);
}
