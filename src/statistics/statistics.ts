// What became of a newsletter or an issue, from sums that are kept: a million readers cost no more than ten.
//
// Days are days in UTC on which the database recorded the fact. The sums outlive retention. Outcomes belong to the
// day on which the sending of their issue began, also those of bounces that come in later.
import type { Db } from '../db.js';
import { countOfPeriod, selectProgress } from '../delivery/hand-overs.js';
import type { StateCounts } from '../delivery/counts.js';
import { effectOf } from '../feedback/effects.js';
import type { FeedbackKind } from '../feedback/read-mail.js';
import { getIssueRow, nextStartAfter, type IssueRow } from '../issues/issue.js';
import { countReaders } from '../subscribers/count-readers.js';
import { dayOf, daysLater, everyDay, meantDays, startOf, type AskedDays } from './period.js';
import * as store from './store.js';

const outcomes = ['accepted', 'deferred', 'refused', 'uncertain', 'bounced', 'complained'] as const;

export type Outcomes = Record<(typeof outcomes)[number], number>;

export interface Growth {
  from: string;
  to: string;
  /** Active readers at the end of `to`. */
  readers: number;
  /** `confirmed`: of those who asked in these days, on whichever day they confirmed. */
  joins: { asked: number; confirmed: number; total: number; bySource: Record<string, number> };
  /** 'none-given': unsubscribed without an answer. 'removed': erased, merged or taken back. */
  leaves: { total: number; byReason: Record<string, number> };
  days: { day: string; readers: number; asked: number; joined: number; left: number }[];
}

export interface Returned {
  outcomes: Outcomes;
  bounces: store.ReturnedRow[];
  complaints: { provider: string; count: number }[];
  /** The links that people clicked most. */
  clicks: store.ClickedRow[];
}

export type NewsletterStatistics = Growth & Returned;
export type IssueStatistics = { issueId: string } & Growth & Returned;

interface Deps {
  db: Db;
  now: () => Date;
}

const mostLinks = 200;

/** The caller has checked the days with `wrongDays`, and that there is such a newsletter. */
export async function newsletterStatistics(
  { db, now }: Deps,
  { newsletterId, ...asked }: { newsletterId: string } & AskedDays,
): Promise<NewsletterStatistics> {
  const days = meantDays(asked, dayOf(now()));
  const states = await countOfPeriod(db, {
    newsletterId,
    from: startOf(days.from),
    before: startOf(daysLater(days.to, 1)),
  });
  const [growth, back] = await Promise.all([
    growthOf(db, newsletterId, days),
    returned(db, states, { newsletterId, issueId: null, days }),
  ]);
  return { ...growth, ...back };
}

/**
 * Without days, growth is that of the days until the next issue, and everything that came back counts. Undefined:
 * there is no such issue.
 */
export async function issueStatistics(
  { db, now }: Deps,
  { issueId, ...asked }: { issueId: string } & AskedDays,
): Promise<IssueStatistics | undefined> {
  const issue = await getIssueRow(db, issueId);
  if (issue === undefined) return undefined;
  const { newsletterId } = issue;
  const wasAsked = asked.from !== undefined || asked.to !== undefined;
  const today = dayOf(now());
  const days = wasAsked ? meantDays(asked, today) : await daysOfIssue(db, issue, today);
  const [progress] = await selectProgress(db, [issueId]);
  const [growth, back] = await Promise.all([
    growthOf(db, newsletterId, days),
    returned(db, progress?.states ?? {}, { newsletterId, issueId, days: wasAsked ? days : null }),
  ]);
  return { issueId, ...growth, ...back };
}

/** Readers, joins and leaves alone. The caller has checked that there is such a newsletter. */
export const newsletterGrowth = async (
  { db, now }: Deps,
  { newsletterId, ...asked }: { newsletterId: string } & AskedDays,
): Promise<Growth> => growthOf(db, newsletterId, meantDays(asked, dayOf(now())));

/** How many readers left after each issue, as issueStatistics says without days. An issue that has not started is missing. */
export async function leavesAfter(
  { db, now }: Deps,
  issueIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await store.selectLeavesAfter(db, { issueIds, today: dayOf(now()) });
  return new Map(rows.map(({ issueId, left }) => [issueId, left]));
}

async function daysOfIssue(db: Db, issue: IssueRow, today: string): Promise<store.Days> {
  const from = dayOf(issue.fannedOutAt ?? issue.slot);
  const next = await nextStartAfter(db, issue);
  const to = next === undefined ? today : daysLater(dayOf(next), -1);
  return meantDays({ from, to: to < from ? from : to }, today);
}

async function returned(db: Db, states: StateCounts, about: store.AboutWhat): Promise<Returned> {
  const events = await store.selectReturned(db, about);
  const ends = ({ kind }: store.ReturnedRow) => effectOf(kind as FeedbackKind, false).delivery;
  return {
    outcomes: Object.fromEntries(outcomes.map((state) => [state, states[state] ?? 0])) as Outcomes,
    bounces: events.filter((row) => ends(row) === 'bounced'),
    complaints: events
      .filter((row) => ends(row) === 'complained')
      .map(({ provider, count }) => ({ provider, count })),
    clicks: await store.selectClicked(db, about, mostLinks),
  };
}

async function growthOf(db: Db, newsletterId: string, days: store.Days): Promise<Growth> {
  const about = { ...days, newsletterId };
  const [rows, details, now] = await Promise.all([
    store.selectDays(db, about),
    store.selectDetails(db, about),
    countReaders(db, newsletterId),
  ]);
  const byDay = new Map(rows.map((row) => [row.day, row]));
  const since = (fact: store.ReaderFact): number => totalOf(byDetail(details, fact, 'since'));
  let readers = now - (since('joined') - since('left'));
  const perDay = everyDay(days).map((day) => {
    const { asked = 0, joined = 0, left = 0 } = byDay.get(day) ?? {};
    readers += joined - left;
    return { day, readers, asked, joined, left };
  });
  return { ...days, readers, joins: joinsIn(details), leaves: leavesIn(details), days: perDay };
}

/** The numbers of one fact by their detail, without those that cancelled out. */
const byDetail = (
  rows: readonly store.DetailRow[],
  fact: store.ReaderFact,
  until: 'within' | 'since' = 'within',
): Map<string, number> =>
  new Map(rows.filter((row) => row.fact === fact && row[until] !== 0).map((row) => [row.detail, row[until]]));

const totalOf = (sums: Map<string, number>): number => [...sums.values()].reduce((a, b) => a + b, 0);

function joinsIn(rows: readonly store.DetailRow[]): Growth['joins'] {
  const joined = byDetail(rows, 'joined');
  const asked = totalOf(byDetail(rows, 'asked'));
  return {
    asked,
    // A request that was repeated on a later day counts on the first, and its confirmation on the last.
    confirmed: Math.min(asked, totalOf(byDetail(rows, 'confirmed'))),
    total: totalOf(joined),
    bySource: Object.fromEntries(joined),
  };
}

function leavesIn(rows: readonly store.DetailRow[]): Growth['leaves'] {
  const left = byDetail(rows, 'left');
  const answered = byDetail(rows, 'answered');
  const silent = Math.max(0, (left.get('unsubscribed') ?? 0) - totalOf(answered));
  left.delete('unsubscribed');
  const others = silent > 0 ? [['none-given', silent] as const] : [];
  return {
    total: totalOf(byDetail(rows, 'left')),
    byReason: Object.fromEntries([...answered, ...others, ...left]),
  };
}
