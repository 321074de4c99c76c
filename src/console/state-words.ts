// The states of issues, messages, subscriptions, suppressions, feeds, posts and imports, as a person reads them. Pure.
import type { FeedJson } from '../feeds/feed-json.js';
import type { ImportStatus } from '../imports/outcome.js';
import type { IssueStatus } from '../issues/status.js';
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import type { HandOver } from '../mail/outcome.js';
import { suppressionWords } from '../reports/suppression-words.js';
import type { PostJson } from '../posts/post-json.js';
import type { SubscriptionStatus } from '../subscribers/status.js';
import type { ImportState } from './import-view.js';

const subscription: Record<SubscriptionStatus | ImportStatus, MessageKey> = {
  pending: 'states.pending',
  active: 'states.active',
  unsubscribed: 'states.unsubscribed',
  suppressed: 'states.suppressed',
  expired: 'states.expired',
};

const feed: Record<FeedJson['status'], MessageKey> = {
  new: 'states.feedNew',
  ok: 'states.feedOk',
  failing: 'states.feedFailing',
  disabled: 'states.feedDisabled',
  gone: 'states.feedGone',
};

const post: Record<PostJson['state'], MessageKey> = {
  eligible: 'posts.eligible',
  held: 'posts.held',
  excluded: 'posts.excluded',
  known: 'posts.known',
};

const imported: Record<ImportState, MessageKey> = {
  queued: 'states.importQueued',
  running: 'states.importRunning',
  finished: 'states.importFinished',
  failed: 'states.importFailed',
  undoing: 'states.importUndoing',
  undone: 'states.importUndone',
};

export const issueStatuses: readonly IssueStatus[] = [
  'collecting',
  'frozen',
  'review',
  'sending',
  'finished',
  'paused',
  'cancelled',
  'skipped',
];

/** How a hand-over ended: the reply, our reason, or the error as the system words it. */
export const endInWords = (handOver: HandOver, words: Pick<Translator, 'say'>): string =>
  'reply' in handOver ? handOver.reply : words.say(handOver.said ?? handOver.error);

function allIn(words: Translator) {
  const { t } = words;
  const named = <Name extends string>(keys: Readonly<Record<Name, MessageKey>>) =>
    Object.fromEntries(Object.entries<MessageKey>(keys).map(([name, key]) => [name, t(key)])) as Readonly<
      Record<Name, string>
    >;
  return {
    issue: Object.fromEntries(
      issueStatuses.map((status) => [status, t('report.status', { status })]),
    ) as Readonly<Record<IssueStatus, string>>,
    subscription: named(subscription),
    suppression: suppressionWords(words),
    feed: named(feed),
    post: named(post),
    import: named(imported),
  };
}

const known = new WeakMap<Translator, ReturnType<typeof allIn>>();

/** For the templates: `{{lookup @root.states.issue status}}`. Every page has them, so they are made once a language. */
export function stateWords(words: Translator): ReturnType<typeof allIn> {
  const made = known.get(words) ?? allIn(words);
  known.set(words, made);
  return made;
}
