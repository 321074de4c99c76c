// newsletter create, feed add, feed poll: what there is to send.
import type { ZodError } from 'zod';
import { recordAudit } from '../accounts/audit.js';
import { addFeed } from '../feeds/add-feed.js';
import { listFeeds } from '../feeds/list-feeds.js';
import { pollFeed, type PollResult } from '../feeds/poll-feed.js';
import { createNewsletter } from '../newsletters/create-newsletter.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import { newsletterInput, type NewsletterInput } from '../newsletters/schema.js';
import {
  choice,
  CommandError,
  needed,
  text,
  UsageError,
  wholeNumber,
  type Call,
  type Command,
} from './command.js';
import { newsletterOption, theNewsletter, withContext, type Context } from './context.js';
import { table } from './output.js';

const optionOf: Record<string, string> = {
  'from.address': 'from-address',
  'from.name': 'from-name',
  siteUrl: 'site-url',
  replyTo: 'reply-to',
  postalAddress: 'postal-address',
};

function usageOf(error: ZodError): UsageError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).filter((part) => typeof part !== 'number').join('.');
  const last = path.split('.').at(-1) ?? '';
  const option = optionOf[path] ?? last.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new UsageError(`--${option}: ${issue?.message ?? 'is not valid'}`);
}

function days(call: Pick<Call, 'values'>): number[] | undefined {
  return text(call, 'weekdays')
    ?.split(',')
    .map((day) => Number(day.trim()));
}

function inputOf(call: Call): NewsletterInput {
  const given = {
    name: needed(call, 'name'),
    slug: text(call, 'slug'),
    siteUrl: text(call, 'site-url'),
    from: { address: needed(call, 'from-address'), name: text(call, 'from-name') },
    replyTo: text(call, 'reply-to'),
    postalAddress: text(call, 'postal-address'),
    timezone: text(call, 'timezone'),
    language: text(call, 'language'),
    subject: text(call, 'subject'),
    content: text(call, 'content'),
    topics: text(call, 'topics')
      ?.split(',')
      .map((topic) => topic.trim()),
    schedule: {
      frequencies: text(call, 'frequencies')?.split(','),
      sendTime: text(call, 'send-time'),
      weekdays: days(call),
      weeklyDay: wholeNumber(call, 'weekly-day'),
      cutoffMinutes: wholeNumber(call, 'cutoff-minutes'),
      review: choice(call, 'review', ['auto', 'hold']),
      minPosts: wholeNumber(call, 'min-posts'),
      maxPosts: wholeNumber(call, 'max-posts'),
    },
  };
  // JSON drops what was not given, so that it takes its default.
  const parsed = newsletterInput.safeParse(JSON.parse(JSON.stringify(given)));
  if (!parsed.success) throw usageOf(parsed.error);
  return parsed.data;
}

const createCommand: Command = {
  name: 'newsletter create',
  summary: 'Create a newsletter',
  options: {
    name: { value: 'NAME', help: 'as readers see it' },
    'from-address': { value: 'ADDRESS', help: 'whom its mail is from' },
    'from-name': { value: 'NAME', help: 'the name beside it; the newsletter if not given' },
    'postal-address': { value: 'TEXT', help: "the publisher's address; without it nothing is sent" },
    slug: { value: 'SLUG', help: 'its place at /n/SLUG; made from the name if not given' },
    'site-url': { value: 'URL', help: 'the site it belongs to' },
    'reply-to': { value: 'ADDRESS', help: 'where answers go' },
    timezone: { value: 'ZONE', help: 'IANA zone such as Europe/Berlin; UTC if not given' },
    language: { value: 'TAG', help: 'such as en or de; en if not given' },
    'send-time': { value: 'HH:MM', help: 'when it goes out; 07:00 if not given' },
    weekdays: { value: '1,2,…', help: 'the days with an issue, Monday is 1; every day if not given' },
    frequencies: { value: 'daily,weekly', help: 'what readers may choose; daily if not given' },
    'weekly-day': { value: '1-7', help: 'the day of the weekly issue; Monday if not given' },
    'cutoff-minutes': { value: 'N', help: 'posts are fixed so long before; 0 if not given' },
    review: { value: 'auto|hold', help: 'hold: an issue waits for approval; auto if not given' },
    'min-posts': { value: 'N', help: 'with fewer new posts nothing is sent; 1 if not given' },
    'max-posts': { value: 'N', help: 'posts in an issue; 20 if not given' },
    subject: { value: 'TEMPLATE', help: 'the subject line' },
    content: { value: 'excerpt|full|headlines', help: 'how much of a post; excerpt if not given' },
    topics: { value: 'A,B', help: 'topics that readers can pick' },
  },
  async run(call) {
    const input = inputOf(call);
    return withContext(async (context) => {
      const result = await createNewsletter(context, input);
      if (!result.ok)
        throw new CommandError(result.code, `there is a newsletter at /n/${result.slug} already`);
      const { newsletter } = result;
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'newsletter.create',
        subject: `newsletter:${newsletter.id}`,
      });
      call.out.result(newsletter, [
        `${newsletter.name} is at ${context.baseUrl}/n/${newsletter.slug}.`,
        `${scheduleInWords(newsletter.schedule, newsletter.timezone)}.`,
        ...(newsletter.postalAddress === null
          ? ['It has no postal address yet: nothing is sent until it has one.']
          : []),
      ]);
      return 0;
    });
  },
};

function pollWords(url: string, result: PollResult): string {
  switch (result.status) {
    case 'polled':
      return `${url}: ${result.found} posts, ${result.created} new, ${result.updated} changed, ${result.known} from before`;
    case 'not-modified':
      return `${url}: nothing has changed`;
    case 'failed':
      return `${url}: ${result.error}`;
    case 'not-due':
      return `${url}: a worker is polling it right now`;
    case 'disabled':
      return `${url}: disabled`;
    case 'no-such-feed':
      return `${url}: removed meanwhile`;
  }
}

const addCommand: Command = {
  name: 'feed add',
  summary: 'Add a feed to a newsletter, and poll it',
  args: { usage: 'URL', min: 1, max: 1 },
  options: { ...newsletterOption },
  async run(call) {
    const [url = ''] = call.args;
    return withContext(async (context) => {
      const newsletter = await theNewsletter(context.db, call);
      // Polled here and now, so no worker needs to be woken for it.
      const enqueue = () => Promise.resolve(true);
      const result = await addFeed({ ...context, enqueue }, { newsletterId: newsletter.id, url });
      if (result.status === 'refused') throw new CommandError('feed-refused', result.detail);
      if (result.status === 'duplicate')
        throw new CommandError(
          'feed-exists',
          `${newsletter.name} has this feed already (feed ${result.feed.id})`,
        );
      if (result.status === 'no-such-newsletter')
        throw new CommandError('not-found', 'the newsletter is gone');
      const { feed } = result;
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'feed.add',
        subject: `feed:${feed.id}`,
      });
      const poll = await pollFeed(context, { feedId: feed.id });
      call.out.result({ feed, poll }, [
        `Feed ${feed.id} added to ${newsletter.name}.`,
        pollWords(feed.url, poll),
      ]);
      return poll.status === 'failed' ? 1 : 0;
    });
  },
};

async function feedsOf(context: Context, call: Call): Promise<{ id: string; url: string }[]> {
  const [feedId] = call.args;
  const newsletter = feedId === undefined ? await theNewsletter(context.db, call) : undefined;
  if (!newsletter) return [{ id: feedId ?? '', url: `feed ${feedId}` }];
  return (await listFeeds(context.db, { newsletterId: newsletter.id, limit: 200 })).data;
}

const pollCommand: Command = {
  name: 'feed poll',
  summary: 'Poll a feed, or all feeds of a newsletter, and say what they held',
  args: { usage: '[FEED]', min: 0, max: 1 },
  options: { ...newsletterOption },
  async run(call) {
    return withContext(async (context) => {
      const polls: ({ feedId: string; url: string } & PollResult)[] = [];
      for (const { id, url } of await feedsOf(context, call)) {
        const result = await pollFeed(context, { feedId: id });
        if (result.status === 'no-such-feed' && call.args.length > 0)
          throw new CommandError('not-found', `there is no feed ${id}`);
        polls.push({ feedId: id, url, ...result });
      }
      const lines = table(polls.map((poll) => [pollWords(poll.url, poll)]));
      call.out.result(
        { data: polls },
        lines.length > 0 ? lines : 'There are no feeds yet: daily-digest feed add URL',
      );
      return polls.some(({ status }) => status === 'failed') ? 1 : 0;
    });
  },
};

export const newsletterCommands = [createCommand, addCommand, pollCommand];
