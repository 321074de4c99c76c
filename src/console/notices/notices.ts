// The short notices after a redirect. The address holds only the name of one, so that a link cannot show a text of its
// author. Pure.
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';

interface Row {
  kind: 'ok' | 'warn' | 'error';
  key: MessageKey;
}

const notices = {
  'nothing-new': { kind: 'warn', key: 'notices.nothingNew' },
  'no-readers': { kind: 'warn', key: 'notices.noReaders' },
  'no-postal-address': { kind: 'error', key: 'notices.noPostalAddress' },
  approved: { kind: 'ok', key: 'notices.approved' },
  paused: { kind: 'ok', key: 'notices.paused' },
  resumed: { kind: 'ok', key: 'notices.resumed' },
  cancelled: { kind: 'ok', key: 'notices.cancelled' },
  retracted: { kind: 'ok', key: 'notices.retracted' },
  saved: { kind: 'ok', key: 'notices.saved' },
  'links-asked': { kind: 'ok', key: 'notices.linksAsked' },
  'nothing-left': { kind: 'error', key: 'notices.nothingLeft' },
  'posts-not-in-issue': { kind: 'error', key: 'notices.postsNotInIssue' },
  'posts-went-out': { kind: 'error', key: 'notices.postsWentOut' },
  'wrong-state': { kind: 'warn', key: 'notices.wrongState' },
  released: { kind: 'ok', key: 'notices.resumed' },
  'provider-resumed': { kind: 'ok', key: 'notices.providerResumed' },
  'provider-not-paused': { kind: 'ok', key: 'notices.providerNotPaused' },
  'not-held': { kind: 'ok', key: 'notices.notHeld' },
  'feeds-not-polled': { kind: 'warn', key: 'notices.feedsNotPolled' },
  'sending-held': { kind: 'error', key: 'notices.sendingHeld' },
  created: { kind: 'ok', key: 'notices.created' },
  'created-with-feed': { kind: 'ok', key: 'notices.createdWithFeed' },
  'draft-saved': { kind: 'ok', key: 'notices.draftSaved' },
  'settings-saved': { kind: 'ok', key: 'notices.settingsSaved' },
  'newsletter-deleted': { kind: 'ok', key: 'notices.newsletterDeleted' },
  'reader-added': { kind: 'ok', key: 'notices.readerAdded' },
  'reader-unsubscribed': { kind: 'ok', key: 'notices.readerUnsubscribed' },
  'reader-suppressed': { kind: 'ok', key: 'notices.readerSuppressed' },
  'suppression-lifted': { kind: 'ok', key: 'notices.suppressionLifted' },
  'complaint-stays': { kind: 'error', key: 'notices.complaintStays' },
  'reader-unchanged': { kind: 'warn', key: 'notices.readerUnchanged' },
  'readers-unsubscribed': { kind: 'ok', key: 'notices.readersUnsubscribed' },
  'readers-suppressed': { kind: 'ok', key: 'notices.readersSuppressed' },
  'readers-erased': { kind: 'ok', key: 'notices.readersErased' },
  'no-reader-selected': { kind: 'warn', key: 'notices.noReaderSelected' },
  'reader-erased': { kind: 'ok', key: 'notices.readerErased' },
  'test-sent': { kind: 'ok', key: 'notices.testSent' },
  'no-posts': { kind: 'warn', key: 'notices.noPosts' },
  polled: { kind: 'ok', key: 'notices.polled' },
  'feed-added': { kind: 'ok', key: 'notices.feedAdded' },
  'feed-exists': { kind: 'warn', key: 'notices.feedExists' },
  'feed-refused': { kind: 'error', key: 'notices.feedRefused' },
  'feed-changed': { kind: 'ok', key: 'notices.feedChanged' },
  'feed-stopped': { kind: 'ok', key: 'notices.feedStopped' },
  'feed-resumed': { kind: 'ok', key: 'notices.feedResumed' },
  'import-undone': { kind: 'ok', key: 'notices.importUndone' },
  'import-stays': { kind: 'error', key: 'notices.importStays' },
  'held-released': { kind: 'ok', key: 'notices.heldReleased' },
  'held-no-more': { kind: 'warn', key: 'notices.heldNoMore' },
  'look-saved': { kind: 'ok', key: 'notices.lookSaved' },
  'template-kept': { kind: 'ok', key: 'notices.templateKept' },
  'held-known': { kind: 'ok', key: 'notices.heldKnown' },
  'password-changed': { kind: 'ok', key: 'profile.passwordChanged' },
  'language-saved': { kind: 'ok', key: 'profile.languageSaved' },
  'sessions-ended': { kind: 'ok', key: 'profile.sessionsEnded' },
  'form-saved': { kind: 'ok', key: 'form.saved' },
  resent: { kind: 'ok', key: 'report.resent' },
  'problem-suppressed': { kind: 'ok', key: 'report.problemSuppressed' },
  'problem-begun': { kind: 'ok', key: 'report.problemBegun' },
  'suppression-lifted-here': { kind: 'ok', key: 'delivery.lifted' },
  'key-revoked': { kind: 'ok', key: 'integrations.keyRevoked' },
  'webhook-changed': { kind: 'ok', key: 'webhooks.changed' },
  'webhook-on': { kind: 'ok', key: 'webhooks.turnedOn' },
  'webhook-off': { kind: 'ok', key: 'webhooks.turnedOff' },
  'webhook-deleted': { kind: 'ok', key: 'webhooks.deleted' },
  'webhook-event-again': { kind: 'ok', key: 'webhooks.sentAgain' },
  'webhook-event-gone': { kind: 'warn', key: 'webhooks.eventGone' },
  'webhook-is-off': { kind: 'warn', key: 'webhooks.isOff' },
  'post-changed': { kind: 'ok', key: 'posts.changed' },
  'post-written': { kind: 'ok', key: 'posts.written' },
  'feed-removed': { kind: 'ok', key: 'posts.feedRemoved' },
  'passkey-added': { kind: 'ok', key: 'passkey.added' },
  'passkey-removed': { kind: 'ok', key: 'passkey.removed' },
  'factor-on': { kind: 'ok', key: 'factor.on' },
  'factor-off': { kind: 'ok', key: 'factor.off' },
  'colleague-factor-off': { kind: 'ok', key: 'team.factorRemoved' },
  invited: { kind: 'ok', key: 'team.invited' },
  'role-changed': { kind: 'ok', key: 'team.roleChanged' },
  'link-sent': { kind: 'ok', key: 'team.linkSent' },
  'account-removed': { kind: 'ok', key: 'team.removed' },
  'link-asked': { kind: 'ok', key: 'signIn.linkAsked' },
  'password-chosen': { kind: 'ok', key: 'signIn.passwordChosen' },
  'signed-out': { kind: 'ok', key: 'signIn.signedOut' },
  'domain-refused': { kind: 'warn', key: 'form.domainRefused' },
  'suppression-stays': { kind: 'warn', key: 'delivery.staysSuppressed' },
  'suppression-gone': { kind: 'warn', key: 'delivery.notSuppressed' },
  'key-gone': { kind: 'warn', key: 'integrations.keyGone' },
  'ghost-removed': { kind: 'ok', key: 'integrations.ghostRemoved' },
  'ghost-unchanged': { kind: 'warn', key: 'integrations.ghostUnchanged' },
  'problem-gone': { kind: 'warn', key: 'report.problemGone' },
} as const satisfies Record<string, Row>;

export type Notice = keyof typeof notices;

/** The notice that the address names; undefined: none. */
export function noticeInWords(
  name: unknown,
  { t }: Translator,
): { kind: Row['kind']; text: string } | undefined {
  if (typeof name !== 'string' || !Object.hasOwn(notices, name)) return undefined;
  const { kind, key } = notices[name as Notice];
  return { kind, text: t(key) };
}
