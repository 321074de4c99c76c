// Sends a page of the console with its frame, and the short notice after a redirect.
import type { Response } from 'express';
import { may } from '../accounts/permission.js';
import type { Session } from '../accounts/sign-in.js';
import type { HoldRow } from '../lifeline/lifeline.js';
import { chooseLanguage, type Language } from '../languages/language.js';
import type { MessageKey } from '../languages/messages.js';
import { translator, type Translator } from '../languages/translate.js';
import { skipInWords } from '../issues/skip-words.js';
import type { Newsletter } from '../newsletters/schema.js';
import { navigation } from './navigation.js';
import { stateWords } from './state-words.js';
import { renderConsole } from '../templating/templates.js';

/** The language of the account; before a sign-in, that of the browser. `locals.language` replaces both. */
export function translatorOf(res: Response): Translator {
  const { session, language } = res.locals as { session?: Session; language?: Language };
  const stored = language ?? session?.account.language;
  return translator(chooseLanguage({ stored, accepts: res.req.get('accept-language') }));
}

/** Notices of pages that are translated. */
const translatedNotices = {
  'password-changed': 'profile.passwordChanged',
  'language-saved': 'profile.languageSaved',
  'sessions-ended': 'profile.sessionsEnded',
  'form-saved': 'form.saved',
  resent: 'report.resent',
  'problem-suppressed': 'report.problemSuppressed',
  'suppression-lifted-here': 'delivery.lifted',
  'key-revoked': 'integrations.keyRevoked',
  'post-changed': 'posts.changed',
  'post-written': 'posts.written',
  'feed-removed': 'posts.feedRemoved',
  'factor-on': 'factor.on',
  'factor-off': 'factor.off',
  'colleague-factor-off': 'team.factorRemoved',
  invited: 'team.invited',
  'role-changed': 'team.roleChanged',
  'link-sent': 'team.linkSent',
  'account-removed': 'team.removed',
  'link-asked': 'signIn.linkAsked',
  'password-chosen': 'signIn.passwordChosen',
  'signed-out': 'signIn.signedOut',
} as const satisfies Record<string, MessageKey>;

/** The same, for what was not done. */
const translatedRefusals = {
  'domain-refused': 'form.domainRefused',
  'suppression-stays': 'delivery.staysSuppressed',
  'suppression-gone': 'delivery.notSuppressed',
  'key-gone': 'integrations.keyGone',
  'problem-gone': 'report.problemGone',
} as const satisfies Record<string, MessageKey>;

/** Shown once after a redirect. The address holds only the name, so that a link cannot show a text of its author. */
const notices = {
  'nothing-new': { kind: 'warn', text: `Nothing was sent: ${skipInWords('nothing-new')}.` },
  'no-readers': { kind: 'warn', text: `Nothing was sent: ${skipInWords('no-readers')}.` },
  'no-postal-address': {
    kind: 'error',
    text: `Nothing was sent: ${skipInWords('no-postal-address')}.`,
  },
  approved: { kind: 'ok', text: 'Approved. Sending starts now.' },
  paused: {
    kind: 'ok',
    text: 'Paused. Messages that the mail server has already accepted are still delivered.',
  },
  resumed: { kind: 'ok', text: 'Sending has resumed.' },
  cancelled: {
    kind: 'ok',
    text: 'Cancelled. Readers who have not had it will get its posts in the next issue.',
  },
  retracted: { kind: 'ok', text: 'Approval withdrawn. Nothing goes out until someone approves it again.' },
  saved: { kind: 'ok', text: 'Saved. This is what readers get now.' },
  'links-asked': { kind: 'ok', text: 'Checking the links. Reload this page in a minute.' },
  'wrong-subject': {
    kind: 'error',
    text: 'Not saved: the subject has an unknown placeholder.',
  },
  'nothing-left': {
    kind: 'error',
    text: 'Not saved: no post would be left for any reader. Skip the issue instead.',
  },
  'posts-not-in-issue': {
    kind: 'error',
    text: 'Not saved: a post has been removed meanwhile. Please check the list again.',
  },
  'posts-went-out': {
    kind: 'error',
    text: 'Not saved: one of the posts has already gone out in another issue.',
  },
  'wrong-state': { kind: 'warn', text: 'Not done: the status of the issue has changed meanwhile.' },
  released: { kind: 'ok', text: 'Sending has resumed.' },
  'provider-resumed': { kind: 'ok', text: 'The provider gets mail again.' },
  'provider-not-paused': { kind: 'ok', text: 'The provider is not paused.' },
  'not-held': { kind: 'ok', text: 'Sending is not on hold.' },
  'feeds-not-polled': {
    kind: 'warn',
    text: 'Not yet: some feeds have not been checked since the restore, so sent posts would count as new. Try again in a minute.',
  },
  'sending-held': { kind: 'error', text: 'Nothing was sent: all sending is on hold.' },
  created: { kind: 'ok', text: 'Created. Now add a feed: its posts become your first issue.' },
  'created-with-feed': {
    kind: 'ok',
    text: 'Created. Posts older than a day count as published, so the next new ones make your first issue.',
  },
  'draft-saved': { kind: 'ok', text: 'Saved. The preview shows the next issue as it goes out.' },
  'settings-saved': { kind: 'ok', text: 'Saved. Applies to issues whose posts are not fixed yet.' },
  'newsletter-deleted': { kind: 'ok', text: 'Deleted.' },
  'reader-added': { kind: 'ok', text: 'Added. Below you see whether a confirmation mail goes out first.' },
  'reader-unsubscribed': { kind: 'ok', text: 'Unsubscribed. Only the reader can subscribe again.' },
  'reader-suppressed': { kind: 'ok', text: 'Suppressed. This address gets no mail from any newsletter.' },
  'suppression-lifted': { kind: 'ok', text: 'Lifted. The subscriptions are again as they were before.' },
  'complaint-stays': {
    kind: 'error',
    text: 'Not lifted: after a spam complaint or an erasure only an owner can allow mail again, with a note.',
  },
  'reader-unchanged': { kind: 'warn', text: 'Nothing was changed: this was done already.' },
  'reader-erased': {
    kind: 'ok',
    text: 'Erased. Only a keyed hash of the address is kept, so that it gets no mail.',
  },
  'test-sent': { kind: 'ok', text: 'Sent. The test is on its way to your address.' },
  'no-posts': { kind: 'warn', text: 'No test was sent: the newsletter has no posts yet.' },
  polled: { kind: 'ok', text: 'The feed was checked.' },
  'feed-added': {
    kind: 'ok',
    text: 'Feed added. Posts older than a day are treated as already published and will not be sent.',
  },
  'feed-exists': { kind: 'warn', text: 'The newsletter already has this feed.' },
  'feed-refused': { kind: 'error', text: 'Not added: this is not the address of a feed.' },
  'feed-changed': { kind: 'ok', text: 'Saved. Posts that are known stay known.' },
  'feed-stopped': { kind: 'ok', text: 'We have stopped checking this feed.' },
  'feed-resumed': { kind: 'ok', text: 'We are checking this feed again.' },
  'import-undone': { kind: 'ok', text: 'The import is being undone.' },
  'import-stays': {
    kind: 'error',
    text: 'Nothing was undone: this was a dry run, or the import is too old to undo.',
  },
  'held-released': { kind: 'ok', text: 'Released. The posts will go into the next issue.' },
  'held-no-more': { kind: 'warn', text: 'This is already decided: no posts are held.' },
  'look-saved': { kind: 'ok', text: 'Saved. The next issue looks like this.' },
  'template-kept': { kind: 'ok', text: 'Saved as the newest version. It is not in use until you choose it.' },
  'held-known': { kind: 'ok', text: 'Marked as already published. They will not be sent.' },
} as const;

export type Notice = keyof typeof notices | keyof typeof translatedNotices | keyof typeof translatedRefusals;

function flashOf(res: Response): { kind: string; text: string } | undefined {
  const { notice } = res.req.query;
  if (typeof notice !== 'string') return undefined;
  if (Object.hasOwn(translatedNotices, notice)) {
    const key = translatedNotices[notice as keyof typeof translatedNotices];
    return { kind: 'ok', text: translatorOf(res).t(key) };
  }
  if (Object.hasOwn(translatedRefusals, notice)) {
    const key = translatedRefusals[notice as keyof typeof translatedRefusals];
    return { kind: 'warn', text: translatorOf(res).t(key) };
  }
  return Object.hasOwn(notices, notice) ? notices[notice as keyof typeof notices] : undefined;
}

/** The words around every page, in the language of the account, and the direction of that language. */
function frameWords({ t, language, direction }: Translator) {
  return {
    language,
    direction,
    skip: t('console.skip'),
    menu: t('console.menu'),
    pages: t('console.pages'),
    allNewsletters: t('console.allNewsletters'),
    moreNewsletters: t('console.moreNewsletters'),
    profile: t('console.profile'),
    password: t('console.password'),
    secondFactor: t('console.secondFactor'),
    sessions: t('console.sessions'),
    languageOfConsole: t('console.language'),
    signOut: t('console.signOut'),
  };
}

/** Sends a page whose template takes its words from the catalogues, in the language of the account. */
export function sendTranslated(
  res: Response,
  name: string,
  view: object,
  options: { status?: number; refreshSeconds?: number } = {},
): void {
  sendPage(res, name, { locale: translatorOf(res).locale, isTranslated: true, ...view }, options);
}

/** Sends a page in its frame. */
export function sendPage(
  res: Response,
  name: string,
  view: object,
  { status = 200, refreshSeconds }: { status?: number; refreshSeconds?: number } = {},
): void {
  const { session, hold, refusing } = res.locals as { session?: Session; hold?: HoldRow; refusing?: string };
  const frame = {
    frame: frameWords(translatorOf(res)),
    account: session?.account,
    csrfToken: session?.csrfToken,
    rail: session && navigation(res, (view as { newsletter?: Newsletter }).newsletter, translatorOf(res)),
    flash: flashOf(res),
    mayWrite: session !== undefined && may(session.account.role, 'write'),
    refreshSeconds,
    hold,
    refusing,
    states: stateWords,
  };
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
