// feed add, discover, list, set, poll, held, remove: the feeds of a newsletter.
import { text as readText } from 'node:stream/consumers';
import { recordAudit } from '../accounts/audit.js';
import { stateWords } from '../console/state-words.js';
import { addFeed } from '../feeds/add-feed.js';
import { discoverFeeds } from '../feeds/discover-feeds.js';
import { feedKinds } from '../formats/document.js';
import { translator } from '../languages/translate.js';
import { listFeeds } from '../feeds/list-feeds.js';
import { pollFeed, type PollResult } from '../feeds/poll-feed.js';
import { pollLimits, type FeedSettings } from '../feeds/request-settings.js';
import { usualPollMinutes } from '../feeds/next-poll.js';
import { removeFeed } from '../feeds/remove-feed.js';
import { settleFeed } from '../feeds/settle-feed.js';
import { updateFeed } from '../feeds/update-feed.js';
import { identityRules } from '../posts/identity/rule.js';
import { formatTime } from '../text/words.js';
import { choice, type Command, type CommandCall, CommandError, text, UsageError } from './command.js';
import { newsletterOption, theNewsletter, withContext, type Context } from './context.js';
import { table } from './output.js';

function pollWords(url: string, result: PollResult): string {
  switch (result.status) {
    case 'polled':
      return `${url}: ${[
        `${result.found} posts`,
        `${result.created} new`,
        ...(result.held > 0 ? [`${result.held} held because there are unusually many`] : []),
        `${result.updated} changed`,
        `${result.known} known`,
        ...(result.retracted > 0 ? [`${result.retracted} withdrawn`] : []),
        ...(result.movedTo === undefined ? [] : [`now at ${result.movedTo}`]),
      ].join(', ')}`;
    case 'not-modified':
      return `${url}: not modified`;
    case 'failed':
      return `${url}: ${result.error}`;
    case 'not-due':
      return `${url}: a worker is polling this feed now`;
    case 'disabled':
      return `${url}: disabled`;
    case 'no-such-feed':
      return `${url}: removed in the meantime`;
  }
}

const addCommand: Command = {
  name: 'feed add',
  summary: 'Add a feed to a newsletter and poll it',
  args: '<url>',
  options: {
    ...newsletterOption,
    kind: { choices: feedKinds, help: "kind of feed; only needed for WordPress with the site's URL" },
  },
  async run(call) {
    const [url = ''] = call.args;
    const kind = choice(call, 'kind', feedKinds);
    return withContext(async (context) => {
      const newsletter = await theNewsletter(context.db, call);
      // This command polls the feed itself, so no worker has to.
      const enqueue = () => Promise.resolve(true);
      const result = await addFeed({ ...context, enqueue }, { newsletterId: newsletter.id, url, kind });
      if (result.status === 'refused') throw new CommandError('feed-refused', result.detail);
      if (result.status === 'duplicate')
        throw new CommandError(
          'feed-exists',
          `${newsletter.name} already has this feed (feed ${result.feed.id}).`,
        );
      if (result.status === 'no-such-newsletter')
        throw new CommandError('not-found', 'The newsletter was deleted in the meantime.');
      const { feed } = result;
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'feed.add',
        subject: `feed:${feed.id}`,
      });
      const poll = await pollFeed(context, { feedId: feed.id });
      call.out.result({ feed, poll }, [
        `Added feed ${feed.id} to ${newsletter.name}.`,
        pollWords(feed.url, poll),
      ]);
      return poll.status === 'failed' ? 1 : 0;
    });
  },
};

async function feedsOf(context: Context, call: CommandCall): Promise<{ id: string; url: string }[]> {
  const [feedId] = call.args;
  const newsletter = feedId === undefined ? await theNewsletter(context.db, call) : undefined;
  if (!newsletter) return [{ id: feedId ?? '', url: `feed ${feedId}` }];
  return (await listFeeds(context.db, { newsletterId: newsletter.id, limit: 200, now: context.now() })).data;
}

const pollCommand: Command = {
  name: 'feed poll',
  summary: 'Poll a feed or all feeds of a newsletter, and count their posts',
  args: '[feed]',
  options: { ...newsletterOption },
  async run(call) {
    return withContext(async (context) => {
      const polls: ({ feedId: string; url: string } & PollResult)[] = [];
      for (const { id, url } of await feedsOf(context, call)) {
        const result = await pollFeed(context, { feedId: id });
        if (result.status === 'no-such-feed' && call.args.length > 0)
          throw new CommandError('not-found', `There is no feed ${id}.`);
        polls.push({ feedId: id, url, ...result });
      }
      const lines = table(polls.map((poll) => [pollWords(poll.url, poll)]));
      call.out.result(
        { data: polls },
        lines.length > 0 ? lines : 'There are no feeds yet. Add one: npx daily-digest feed add URL',
      );
      return polls.some(({ status }) => status === 'failed') ? 1 : 0;
    });
  },
};

const discoverCommand: Command = {
  name: 'feed discover',
  summary: 'Find the feeds of a site',
  args: '<url>',
  options: {},
  async run(call) {
    const [url = ''] = call.args;
    return withContext(async (context) => {
      const result = await discoverFeeds(context, { url });
      if (result.status === 'refused') throw new CommandError('feed-refused', result.problem.detail);
      const rows = result.feeds.map((feed) => [
        feed.url,
        feed.kind,
        `${feed.posts} posts`,
        feed.newest === null ? 'no dates' : `newest ${formatTime(feed.newest, 'UTC')} UTC`,
        feed.title ?? '',
      ]);
      call.out.result(
        { data: result.feeds, detail: result.problem?.detail ?? null },
        rows.length > 0
          ? [...table(rows), '', 'Add one: npx daily-digest feed add URL']
          : (result.problem?.detail ?? 'This site has no feeds.'),
      );
      return rows.length > 0 ? 0 : 1;
    });
  },
};

const listCommand: Command = {
  name: 'feed list',
  summary: "List a newsletter's feeds and their state",
  options: { ...newsletterOption },
  async run(call) {
    return withContext(async (context) => {
      const newsletter = await theNewsletter(context.db, call);
      const { data } = await listFeeds(context.db, {
        newsletterId: newsletter.id,
        limit: 200,
        now: context.now(),
      });
      const words = stateWords(translator('en'));
      const lines = data.flatMap(({ id, url, status, health, remark, held }) => [
        `${id}  ${words.feed[status]}  ${url}`,
        `    ${health}`,
        ...(remark === null ? [] : [`    ${remark}`]),
        ...(held === 0
          ? []
          : [`    ${held} new posts are held: npx daily-digest feed held ${id} --action release|known`]),
      ]);
      call.out.result(
        { data },
        lines.length > 0 ? lines : 'There are no feeds yet. Add one: npx daily-digest feed add URL',
      );
      return 0;
    });
  },
};

const actions = ['release', 'known'] as const;

const heldCommand: Command = {
  name: 'feed held',
  summary: 'Release or dismiss the posts of a feed that are held because they are unusually many or old',
  args: '<feed>',
  options: {
    action: {
      choices: actions,
      help: 'release: they go into the next issue; known: they are never sent',
      needed: true,
    },
  },
  async run(call) {
    const [feedId = ''] = call.args;
    const action = choice(call, 'action', actions) ?? 'known';
    return withContext(async (context) => {
      const result = await settleFeed(context, { feedId, action });
      if (result.status === 'no-such-feed')
        throw new CommandError('not-found', `There is no feed ${feedId}.`);
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'feed.settle-held',
        subject: `feed:${feedId}`,
      });
      call.out.result(
        { posts: result.posts },
        action === 'release'
          ? `Released ${result.posts} posts. They go into the next issue.`
          : `Marked ${result.posts} posts as already published. They will not be sent.`,
      );
      return 0;
    });
  },
};

const yesNo = ['yes', 'no'] as const;
const rules = ['usual', ...identityRules] as const;

/** Undefined: the option is missing. Null: the usual interval. */
function pollMinutesOf(call: CommandCall): number | null | undefined {
  const given = text(call, 'every-minutes');
  if (given === undefined || given === 'usual') return given && null;
  const [least, most] = pollLimits;
  const minutes = /^\d{1,4}$/.test(given) ? Number(given) : Number.NaN;
  if (minutes >= least && minutes <= most) return minutes;
  throw new UsageError(`--every-minutes needs a whole number from ${least} to ${most}, or "usual".`);
}

/** Undefined: the option is missing. Null: it is empty. "-" reads the value from standard input. */
async function secret(call: CommandCall, name: string): Promise<string | null | undefined> {
  const given = text(call, name);
  const value = given === '-' ? (await readText(process.stdin)).trim() : given?.trim();
  return value === '' ? null : value;
}

function headerOf(value: string | null | undefined): FeedSettings['header'] {
  if (value === null || value === undefined) return value;
  const [, name, rest] = /^([^:]+):\s*(.*)$/s.exec(value) ?? [];
  if (name === undefined || rest === undefined)
    throw new UsageError("--header wants a name and a value: --header 'X-Key: 1a2b'.");
  return { name: name.trim(), value: rest };
}

async function settingsOf(call: CommandCall): Promise<FeedSettings> {
  const rule = choice(call, 'identity', rules);
  const [withoutCache, keepFurniture] = ['without-cache', 'keep-furniture'].map((name) => {
    const chosen = choice(call, name, yesNo);
    return chosen === undefined ? undefined : chosen === 'yes';
  });
  if (text(call, 'cookie') === '-' && text(call, 'header') === '-')
    throw new UsageError('Only one of --cookie and --header can come from standard input.');
  return {
    identity: rule === 'usual' ? null : rule,
    withoutCache,
    keepFurniture,
    pollMinutes: pollMinutesOf(call),
    cookie: await secret(call, 'cookie'),
    header: headerOf(await secret(call, 'header')),
  };
}

const setCommand: Command = {
  name: 'feed set',
  summary: 'Set how a feed is requested, what its posts keep, and what identifies them',
  args: '<feed>',
  options: {
    identity: { choices: rules, help: 'what alone identifies the posts; posts that are known stay known' },
    'without-cache': { choices: yesNo, help: 'fetch the whole feed at each poll' },
    'keep-furniture': {
      choices: yesNo,
      help: 'keep share bars, related posts and "The post X appeared first on Y" in whole texts',
    },
    stopped: { choices: yesNo, help: 'yes: stop polling; no: poll again' },
    'every-minutes': {
      value: 'N|usual',
      help: `minutes between two polls (usual: ${usualPollMinutes}, or as its server asks)`,
    },
    cookie: {
      value: 'TEXT',
      help: "cookie for the feed's server; - reads it from standard input, '' removes it",
    },
    header: {
      value: 'TEXT',
      help: "header for the feed's server, as 'Name: value'; - reads it from standard input, '' removes it",
    },
  },
  async run(call) {
    const [feedId = ''] = call.args;
    const settings = await settingsOf(call);
    const stopped = choice(call, 'stopped', yesNo);
    const disabled = stopped === undefined ? undefined : stopped === 'yes';
    return withContext(async (context) => {
      const result = await updateFeed(context, { feedId, disabled, ...settings });
      if (result.status === 'refused') throw new CommandError('feed-refused', `${result.detail}.`);
      if (result.status !== 'updated') throw new CommandError('not-found', `There is no feed ${feedId}.`);
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'feed.change',
        subject: `feed:${feedId}`,
      });
      const { feed } = result;
      call.out.result({ feed }, [
        `Changed feed ${feedId}.`,
        `identity: ${feed.identity ?? 'usual'}`,
        `without cache: ${feed.withoutCache ? 'yes' : 'no'}`,
        `keeps furniture: ${feed.keepFurniture ? 'yes' : 'no'}`,
        `polled every: ${feed.pollMinutes ?? usualPollMinutes} minutes`,
        `cookie: ${feed.hasCookie ? 'set' : 'none'}`,
        `header: ${feed.header ?? 'none'}`,
      ]);
      return 0;
    });
  },
};

const removeCommand: Command = {
  name: 'feed remove',
  summary: 'Remove a feed; its posts stay, and sent ones are not sent again',
  args: '<feed>',
  options: {},
  async run(call) {
    const [feedId = ''] = call.args;
    return withContext(async (context) => {
      const { status } = await removeFeed(context, { feedId });
      if (status === 'no-such-feed') throw new CommandError('not-found', `There is no feed ${feedId}.`);
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'feed.remove',
        subject: `feed:${feedId}`,
      });
      call.out.result({ removed: feedId }, `Removed feed ${feedId}. Its posts stay.`);
      return 0;
    });
  },
};

export const feedCommands = [
  addCommand,
  discoverCommand,
  listCommand,
  setCommand,
  pollCommand,
  heldCommand,
  removeCommand,
];
