// The cards of all newsletters: when the next issue goes out, to how many, and what waits for a person. A fixed number of
// statements serves all newsletters, and none counts readers.
import { listFeedsInTrouble } from '../../feeds/list-feeds.js';
import type { Translator } from '../../languages/translate.js';
import { nextSlot, ownReadingTime } from '../../newsletters/due.js';
import { scheduleInWords } from '../../newsletters/schedule-words.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { listLatestIssues } from '../../reports/progress.js';
import { countReadersOfEach } from '../../subscribers/count-readers.js';
import type { ConsoleDeps } from '../deps.js';
import { sendersState } from './sender.js';
import { tasksOf, type Task } from './tasks.js';
import { distanceInWords, utcTimes, whenInWords } from '../../text/when-words.js';

/** The issues that can have a task, as on a newsletter's home. */
export const recentIssues = 5;
const mostTasks = 3;

interface NewsletterCard {
  slug: string;
  name: string;
  listed: boolean;
  /** The schedule in words. */
  schedule: string;
  /** Undefined: no issue is planned. */
  next: { when: string; distance: string } | undefined;
  readers: number;
  tasks: Task[];
  /** Tasks that the card leaves to the newsletter's home. */
  more: number;
}

/** Those with an urgent task first, then those with another task; otherwise in the order of `newsletters`. */
export async function newsletterCards(
  deps: ConsoleDeps,
  newsletters: readonly Newsletter[],
  { isOwner, words }: { isOwner: boolean; words: Translator },
): Promise<NewsletterCard[]> {
  const newsletterIds = newsletters.map(({ id }) => id);
  const now = deps.now();
  const [readers, issues, feeds, senderOf] = await Promise.all([
    countReadersOfEach(deps.db, newsletterIds),
    listLatestIssues(deps.db, { newsletterIds, each: recentIssues }, words),
    listFeedsInTrouble(deps.db, { newsletterIds, now, words: utcTimes(words) }),
    sendersState(deps, newsletters),
  ]);
  const times = timesInWords(now, words);
  const [issuesOf, feedsOf] = [byNewsletter(issues), byNewsletter(feeds)];
  const cards = newsletters.map((newsletter): NewsletterCard => {
    const { id, slug, name, listed, postalAddress } = newsletter;
    const { schedule, next } = times(newsletter);
    const tasks = tasksOf(
      {
        newsletter,
        sender: senderOf(newsletter),
        isOwner,
        issues: issuesOf.get(id) ?? [],
        feeds: feedsOf.get(id) ?? [],
        now,
      },
      words,
    ).toSorted((a, b) => Number(b.urgent) - Number(a.urgent));
    return {
      slug,
      name,
      listed,
      schedule,
      next: postalAddress === null || newsletter.schedule.paused ? undefined : next,
      readers: readers.get(id) ?? 0,
      tasks: tasks.slice(0, mostTasks),
      more: Math.max(tasks.length - mostTasks, 0),
    };
  });
  return cards.toSorted((a, b) => need(b) - need(a));
}

type Times = Pick<NewsletterCard, 'schedule' | 'next'>;

/** Newsletters often share a schedule, and a date with a time zone takes a millisecond. */
function timesInWords(now: Date, words: Translator): (newsletter: Newsletter) => Times {
  const known = new Map<string, Times>();
  return ({ schedule, timezone }) => {
    const key = JSON.stringify([schedule, timezone]);
    const slot = known.has(key) ? undefined : nextSlot(ownReadingTime(schedule, timezone), now);
    const times = known.get(key) ?? {
      schedule: scheduleInWords(schedule, timezone, words),
      next: slot && {
        when: whenInWords(slot, { now, zone: timezone }, words),
        distance: distanceInWords(slot, now, words),
      },
    };
    known.set(key, times);
    return times;
  };
}

const need = ({ tasks: [first] }: NewsletterCard): number => (first?.urgent ? 2 : first ? 1 : 0);

function byNewsletter<T extends { newsletterId: string }>(rows: readonly T[]): ReadonlyMap<string, T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) found.set(row.newsletterId, [...(found.get(row.newsletterId) ?? []), row]);
  return found;
}
