// How a screen of the console is sent: the frame around it, and the short notice after a redirect.
import type { Response } from 'express';
import { may } from '../accounts/permission.js';
import type { Session } from '../accounts/sign-in.js';
import type { HoldRow } from '../lifeline/lifeline.js';
import { skipInWords } from '../issues/skip-words.js';
import { renderConsole } from '../templating/templates.js';

/** Said once after a redirect. Named in the address, so that nobody can put words of theirs there. */
const notices = {
  'signed-out': { kind: 'ok', text: 'You are signed out.' },
  'nothing-new': { kind: 'warn', text: `Nothing was sent: ${skipInWords('nothing-new')}.` },
  'no-readers': { kind: 'warn', text: `Nothing was sent: ${skipInWords('no-readers')}.` },
  'no-postal-address': {
    kind: 'error',
    text: `Nothing was sent: ${skipInWords('no-postal-address')}.`,
  },
  approved: { kind: 'ok', text: 'Approved: the issue goes out.' },
  paused: {
    kind: 'ok',
    text: 'Paused: nothing more is handed over. What the relay has already is on its way.',
  },
  resumed: { kind: 'ok', text: 'The issue goes on where it stood.' },
  cancelled: { kind: 'ok', text: 'Cancelled: readers who did not get it get its posts with the next issue.' },
  retracted: { kind: 'ok', text: 'Taken back: nothing goes out before somebody approves it.' },
  saved: { kind: 'ok', text: 'Saved. This is what readers get now.' },
  'links-asked': { kind: 'ok', text: 'The links are being followed. Look again in a minute.' },
  'wrong-subject': {
    kind: 'error',
    text: 'Nothing was saved: the subject holds something that cannot be filled in.',
  },
  'nothing-left': {
    kind: 'error',
    text: 'Nothing was saved: no reader would get anything. Skip the issue instead.',
  },
  'posts-not-in-issue': {
    kind: 'error',
    text: 'Nothing was saved: a post is no longer there. Please look again.',
  },
  'posts-went-out': {
    kind: 'error',
    text: 'Nothing was saved: another issue has brought one of the posts already, so it cannot wait or come back.',
  },
  'wrong-state': { kind: 'warn', text: 'That can no longer be done: the issue has moved on.' },
  released: { kind: 'ok', text: 'Sending goes on.' },
  'not-held': { kind: 'ok', text: 'Sending is not held.' },
  'feeds-not-polled': {
    kind: 'warn',
    text: 'Not yet: some feeds have not been polled since, and would bring what was sent as news. Try again in a minute.',
  },
  'sending-held': { kind: 'error', text: 'Nothing was sent: all sending is held. See below.' },
  polled: { kind: 'ok', text: 'The feed was polled.' },
  'feed-added': {
    kind: 'ok',
    text: 'The feed was added. What it holds older than a day is known, not news.',
  },
  'feed-exists': { kind: 'warn', text: 'The newsletter has this feed already.' },
  'feed-refused': { kind: 'error', text: 'Nothing was added: this address cannot be a feed.' },
  'feed-stopped': { kind: 'ok', text: 'The feed is polled no more.' },
  'feed-resumed': { kind: 'ok', text: 'The feed is polled again.' },
  'import-undone': { kind: 'ok', text: 'The import is being taken back.' },
  'import-stays': {
    kind: 'error',
    text: 'Nothing was undone: a dry run has changed nothing, and what an older import changed is forgotten.',
  },
  'held-released': { kind: 'ok', text: 'Let in: the posts are news, and go into the next issue.' },
  'held-no-more': { kind: 'warn', text: 'Somebody has decided already: no posts are held.' },
  'joining-saved': { kind: 'ok', text: 'Saved. It holds for requests from now on.' },
  'joining-refused': { kind: 'error', text: 'Nothing was saved: that is no setting.' },
  'domain-refused': { kind: 'error', text: 'Nothing was saved: one of these is no domain.' },
  'look-saved': { kind: 'ok', text: 'Saved. The next issue looks like this.' },
  'template-kept': { kind: 'ok', text: 'Kept as the newest version. It is used once you say so.' },
  'held-known': { kind: 'ok', text: 'Marked known: the posts go into no issue.' },
} as const;

export type Notice = keyof typeof notices;

/** Sends a screen with what its frame needs. */
export function sendPage(
  res: Response,
  name: string,
  view: object,
  { status = 200, refreshSeconds }: { status?: number; refreshSeconds?: number } = {},
): void {
  const { session, hold } = res.locals as { session?: Session; hold?: HoldRow };
  const { notice } = res.req.query;
  const [path] = res.req.originalUrl.split('?');
  const frame = {
    account: session?.account,
    csrfToken: session?.csrfToken,
    nav: [
      { href: '/console', label: 'Newsletters', current: path === '/console' },
      { href: '/console/subscribers', label: 'Subscribers', current: path === '/console/subscribers' },
    ],
    flash:
      typeof notice === 'string' && Object.hasOwn(notices, notice) ? notices[notice as Notice] : undefined,
    mayWrite: session !== undefined && may(session.account.role, 'write'),
    refreshSeconds,
    hold,
  };
  res
    .status(status)
    .set('Cache-Control', 'no-store')
    .send(renderConsole(name, { ...frame, ...view }));
}

export function sendMessage(res: Response, status: number, title: string, text: string): void {
  sendPage(res, 'message', { heading: title, text }, { status });
}

/** Back to a page, which says what happened. */
export function redirectWith(res: Response, path: string, notice: Notice): void {
  res.redirect(303, `${path}?notice=${notice}`);
}

/**
 * HTML that feeds had a part in, for an iframe of ours: it runs nothing, sends nothing, and is nobody's origin.
 * The sandbox holds when it is opened by itself, too.
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
