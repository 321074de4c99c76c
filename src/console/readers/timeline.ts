// What happened to a reader, as one list: what they asked for and agreed to, each issue with its reply, what came back,
// and why they left. Pure.
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import type { Newsletter } from '../../newsletters/schema.js';
import type { GivenReason } from '../../preferences/person.js';
import type { IssueOfReader } from '../../reports/explain-issue.js';
import type { EventInWords } from '../../reports/feedback-words.js';
import type { Consent, ConsentRow } from '../../subscribers/subscriptions.js';
import { reasonInWords } from '../growth/view.js';

export interface TimelineEntry {
  at: Date;
  what: string;
  /** The page about it. */
  to?: string | undefined;
  /** Our words: how it happened, and why. */
  lines: string[];
  /** The words of the reader, the form or a server, and their language if it is known. */
  quote?: { words: string; language: string | null } | undefined;
  isTrouble: boolean;
}

export interface Happened {
  subscriptions: readonly { id: string; newsletter: Pick<Newsletter, 'id' | 'name'> }[];
  consents: readonly ConsentRow[];
  leavings: readonly GivenReason[];
  issues: readonly IssueOfReader[];
  /** `issueNumber`: as the newsletter counts; undefined: the issue is gone. */
  events: readonly (EventInWords & { issueNumber: number | undefined })[];
}

/** Where a page ended: the page after it has the issues below this id, and all else that happened before. */
export interface TimelinePlace {
  issueId: string;
  at: Date;
}

export const placeText = ({ issueId, at }: TimelinePlace): string => `${issueId}~${at.getTime()}`;

/** Undefined: the text names no place, so the page is the first. */
export function readPlace(text: string): TimelinePlace | undefined {
  const [, issueId = '', ms = ''] = /^(\d{1,18})~(\d{1,15})$/.exec(text) ?? [];
  const at = new Date(Number(ms));
  return issueId === '' || Number.isNaN(at.getTime()) ? undefined : { issueId, at };
}

const did: Readonly<Record<Consent['event'], MessageKey>> = {
  requested: 'readers.didAsk',
  reminded: 'readers.wasReminded',
  confirmed: 'readers.didConfirm',
  imported: 'readers.wasImported',
  added: 'readers.wasAdded',
  changed: 'readers.didChange',
  unsubscribed: 'readers.didLeave',
  'asked-again': 'readers.didAskAgain',
  complained: 'readers.didComplain',
};

const through: Readonly<Record<Consent['via'], MessageKey>> = {
  form: 'readers.viaForm',
  api: 'readers.viaApi',
  import: 'readers.viaImport',
  'one-click': 'readers.viaOneClick',
  page: 'readers.viaPage',
  console: 'readers.viaConsole',
  mail: 'readers.viaMail',
};

/**
 * A page, the newest first, and where the next one begins; undefined: nothing is older. `happened.issues` are those of the
 * page. Of all else it has what happened since the oldest of them, and the last page has the rest.
 */
export function timelineOf(
  happened: Happened,
  { after, hasMore }: { after: TimelinePlace | undefined; hasMore: boolean },
  words: Translator,
): { entries: TimelineEntry[]; next: TimelinePlace | undefined } {
  const names = new Map(happened.subscriptions.map(({ id, newsletter }) => [id, newsletter.name]));
  const newsletters = new Map(
    happened.subscriptions.map(({ newsletter }) => [newsletter.id, newsletter.name]),
  );
  const issues = happened.issues.map((one) => issueEntry(one, words));
  const others = [
    ...happened.consents.map((consent) => consentEntry(consent, names.get(consent.subscriptionId), words)),
    ...happened.leavings.map((leaving) =>
      leavingEntry(leaving, newsletters.get(leaving.newsletterId), words),
    ),
    ...happened.events.map((event) => eventEntry(event, words)),
  ];
  const until = after?.at.getTime() ?? Infinity;
  const last = hasMore ? happened.issues.at(-1) : undefined;
  // A reply to an older issue may be newer than the page before: then nothing else belongs to this page.
  const since = Math.min(until, ...issues.map(({ at }) => at.getTime()));
  const isOfPage = (at: number): boolean => at < until && (last === undefined || at >= since);
  return {
    entries: [...issues, ...others.filter(({ at }) => isOfPage(at.getTime()))].toSorted(
      (a, b) => b.at.getTime() - a.at.getTime(),
    ),
    next: last && { issueId: last.issue.id, at: new Date(since) },
  };
}

function consentEntry(
  { event, at, via, ip, wording, language, detail }: ConsentRow,
  newsletter = '',
  { t }: Translator,
): TimelineEntry {
  const { basis } = (detail ?? {}) as { basis?: unknown };
  const quoted = wording ?? (typeof basis === 'string' ? basis : undefined);
  return {
    at,
    what: t(did[event], { newsletter }),
    lines: [t(through[via]), ...(ip === null ? [] : [t('readers.fromIp', { ip })])],
    quote: quoted === undefined ? undefined : { words: quoted, language: wording === null ? null : language },
    isTrouble: event === 'complained',
  };
}

const leavingEntry = (
  { at, reason, comment }: GivenReason,
  newsletter: string | undefined,
  words: Translator,
): TimelineEntry => ({
  at,
  what: words.t('readers.whyLeft', { newsletter: newsletter ?? '' }),
  lines: [reasonInWords(reason, words)],
  quote: comment === null ? undefined : { words: comment, language: null },
  isTrouble: false,
});

function issueEntry({ issue, explanation }: Happened['issues'][number], { t }: Translator): TimelineEntry {
  const [decided] = explanation.reasons;
  const subject = issue.subject ?? t('readers.issueNumber', { number: issue.id });
  return {
    at: decided?.at ?? issue.slot,
    what: explanation.included ? t('readers.gotIssue', { subject }) : t('readers.gotNoIssue', { subject }),
    to: `/console/issues/${issue.id}`,
    lines: explanation.reasons.map(({ text }) => text),
    isTrouble: ['refused', 'expired', 'bounced', 'complained', 'uncertain'].includes(decided?.code ?? ''),
  };
}

const eventEntry = (event: Happened['events'][number], { t }: Translator): TimelineEntry => ({
  at: event.at,
  what: event.what,
  to: event.issueNumber === undefined ? undefined : `/console/issues/${event.issueId}`,
  lines: [
    event.how,
    ...(event.issueNumber === undefined ? [] : [t('readers.aboutIssue', { number: event.issueNumber })]),
  ],
  quote: event.words === null ? undefined : { words: event.words, language: null },
  isTrouble: true,
});
