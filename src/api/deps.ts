// The dependencies of the API.
import type { SubscribeLimits } from '../config/limits.js';
import type { Database } from '../db.js';
import type { Links } from '../delivery/message.js';
import type { IssueWatch } from '../reports/watch-issue.js';
import type { VariantLinks } from '../digest/render-digest.js';
import type { Log } from '../log.js';
import type { ComposedMailer } from '../mail/send.js';
import type { Enqueue } from '../queues.js';
import type { Secrets } from '../secrets.js';

export interface ApiDeps {
  db: Database;
  enqueue: Enqueue;
  now: () => Date;
  log: Log;
  secrets: Secrets;
  mailer: ComposedMailer;
  baseUrl: string;
  links: Links;
  nobodysLinks: VariantLinks;
  allowPrivateFeeds: readonly string[];
  issueWatch: IssueWatch;
  subscribeLimits: SubscribeLimits;
}
