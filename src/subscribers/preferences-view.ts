// The preferences page, filled. Pure.
import { dateAt } from '../newsletters/due.js';
import { dayNames, daysInWords, slotInWords } from '../newsletters/schedule-words.js';
import { cityOf, zoneGroups } from '../newsletters/zones.js';
import type { PageOption, PageViews } from '../page-views.js';
import { dateInWords } from '../words.js';
import type { Outcome } from './change-preferences.js';
import type { Preferences } from './preferences.js';

type View = Omit<PageViews['preferences'], 'newsletter'>;

const hours = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:00`);

const option = (value: string, label: string, chosen: boolean): PageOption => ({ value, label, chosen });

/** "Your next digest: Tuesday 07:00, Berlin time". */
function nextInWords({ next, time }: Preferences, now: Date): string | undefined {
  return next && slotInWords(next, time.timezone, now);
}

function pausedInWords({ pausedUntil, time }: Preferences): string | undefined {
  return pausedUntil === null ? undefined : dateInWords(pausedUntil, time.timezone);
}

/** What a button did, in a sentence; nothing to say of a page that was only opened. */
function noticeOf(preferences: Preferences, outcome: Outcome['outcome'] | undefined): string | undefined {
  switch (outcome) {
    case 'saved':
      return 'Saved.';
    case 'unchanged':
      return 'That is how it was already.';
    case 'paused':
      return `Enjoy the quiet: nothing comes before ${pausedInWords(preferences) ?? 'then'}.`;
    case 'resumed':
      return 'The pause is over.';
    case 'rejoined':
      return 'Good to have you back. Everything is as it was.';
    default:
      return undefined;
  }
}

export function preferencesView(preferences: Preferences, now: Date, did?: Outcome): View {
  const { newsletter, email, time, topics, status } = preferences;
  const { schedule } = newsletter;
  const frequencies = {
    daily: { label: 'Daily', hint: `${daysInWords(schedule.weekdays)}, if there is something new` },
    weekly: { label: 'Weekly', hint: 'One digest of the week’s posts' },
    off: { label: 'Off', hint: 'Leave. For a week you can undo it here' },
  };
  const offered = (['daily', 'weekly'] as const).filter(
    (one) => schedule.frequencies.includes(one) || time.frequency === one,
  );
  const notice = noticeOf(preferences, did?.outcome);
  const next = nextInWords(preferences, now);
  const pausedUntil = pausedInWords(preferences);
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: time.timezone,
    hour: '2-digit',
    minute: '2-digit',
  });
  return {
    email,
    ...(notice === undefined ? {} : { notice }),
    ...(did?.outcome === 'invalid' ? { problem: did.reason } : {}),
    ...(next === undefined ? {} : { next }),
    ...(pausedUntil === undefined ? {} : { pausedUntil }),
    stopped: status === 'suppressed',
    frequencies: [...offered, 'off' as const].map((value) => ({
      ...option(value, frequencies[value].label, value === time.frequency),
      hint: frequencies[value].hint,
    })),
    weekdays: offered.includes('weekly')
      ? dayNames.map((name, index) =>
          option(String(index + 1), name, index + 1 === (time.weekday ?? schedule.weeklyDay)),
        )
      : [],
    times: [...new Set([...hours, time.sendTime])]
      .toSorted()
      .map((value) => option(value, value, value === time.sendTime)),
    zones: zoneGroups(time.timezone).map(({ region, zones }) => ({
      region,
      zones: zones.map(({ value, label }) => option(value, label, value === time.timezone)),
    })),
    clock: `It is ${clock.format(now)} in ${cityOf(time.timezone)} now.`,
    guess: !preferences.chosen,
    topics: newsletter.topics.map((topic) => option(topic, topic, topics?.includes(topic) ?? true)),
    pause: { from: dateAt(now, time.timezone, 1), to: dateAt(now, time.timezone, 366) },
  };
}
