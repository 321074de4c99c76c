// The states of issues, messages, subscriptions, suppressions, feeds and imports, as a person reads them. Pure.
import type { DeliveryState } from '../delivery/counts.js';
import type { FeedJson } from '../feeds/feed-json.js';
import type { IssueStatus } from '../issues/status.js';
import type { ImportStatus } from '../imports/outcome.js';
import type { DeliveryView } from '../reports/list-deliveries.js';
import type { PostJson } from '../posts/post-json.js';
import type { SubscriptionStatus } from '../subscribers/status.js';
import { suppressionWords } from '../reports/suppression-words.js';
import type { ImportState } from './import-view.js';

const issue: Record<IssueStatus, string> = {
  collecting: 'collecting posts',
  frozen: 'ready to send',
  review: 'waiting for review',
  sending: 'sending',
  finished: 'sent',
  paused: 'paused',
  cancelled: 'cancelled',
  skipped: 'skipped',
};

const delivery: Record<DeliveryState, string> = {
  queued: 'waiting',
  sending: 'sending',
  accepted: 'accepted',
  deferred: 'deferred',
  refused: 'refused',
  uncertain: 'uncertain',
  bounced: 'bounced',
  complained: 'spam complaint',
  excluded: 'left out',
};

const subscription: Record<SubscriptionStatus | ImportStatus, string> = {
  pending: 'waiting for confirmation',
  active: 'active',
  unsubscribed: 'unsubscribed',
  suppressed: 'suppressed',
  expired: 'never confirmed',
};

const feed: Record<FeedJson['status'], string> = {
  new: 'not checked yet',
  ok: 'working',
  failing: 'failing',
  disabled: 'stopped',
  gone: 'gone',
};

const post: Record<PostJson['state'], string> = {
  eligible: 'goes into an issue',
  held: 'held',
  excluded: 'left out',
  known: 'counts as already published',
};

const imported: Record<ImportState, string> = {
  queued: 'waiting',
  running: 'running',
  finished: 'finished',
  failed: 'failed',
  undoing: 'being undone',
  undone: 'undone',
};

const withoutReply: Readonly<Record<string, string>> = {
  expired: 'The mail server deferred it until the next issue was near.',
  restored: 'The database was restored while this message was being sent.',
};

/** The mail server's reply with its code once, or why there is no reply. */
export function replyInWords({
  replyCode,
  reply,
  reason,
}: Pick<DeliveryView, 'replyCode' | 'reply' | 'reason'>): string {
  if (reply === null) return withoutReply[reason ?? ''] ?? 'no reply';
  return replyCode === null || reply.startsWith(String(replyCode)) ? reply : `${replyCode} ${reply}`;
}

/** For the templates: `{{lookup @root.states.issue status}}`. */
export const stateWords = {
  issue,
  delivery,
  subscription,
  suppression: suppressionWords,
  feed,
  post,
  import: imported,
};
