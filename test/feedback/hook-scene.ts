// A server that takes webhooks of relays in SMTP_URL, and issues that a relay took for all their readers.
import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { readConfig } from '../../src/config/environment.js';
import { openLinks, messageId } from '../../src/delivery/message.js';
import { eventsOf } from '../../src/feedback/events.js';
import { feedbackHookRoutes } from '../../src/feedback/hooks/routes.js';
import { takeMails } from '../../src/feedback/take-mails.js';
import { envelopeSender, type MailOrigin } from '../../src/mail/verp.js';
import { problemHandler } from '../../src/problem.js';
import { getIssueProgress } from '../../src/reports/progress.js';
import { openSecrets } from '../../src/secrets.js';
import type { TestDatabase } from '../support/database.js';
import { shared } from '../support/fixture.js';
import { baseUrl, issueFor, quiet, rememberingQueue, secretKey } from '../support/newsroom.js';

const secrets = openSecrets(secretKey);
const { enqueue } = rememberingQueue();

export interface Call {
  body: string | Buffer;
  headers?: Record<string, string>;
}

export const verpOf = (issueId: string, subscriberId: string): string =>
  envelopeSender(secrets.derive('verp'), { kind: 'delivery', issueId, subscriberId }, 'bounces.example.org');

export const addressFor = (origin: MailOrigin): string =>
  envelopeSender(secrets.derive('verp'), origin, 'bounces.example.org');

export const messageIdOf = (issueId: string, subscriberId: string): string =>
  messageId(openLinks(secrets, baseUrl), issueId, subscriberId, 'example.org');

/** Signed as github.com/standard-webhooks and docs.svix.com say. */
export function standardCall(
  body: unknown,
  secret: string,
  { prefix = 'webhook', id = 'msg_1', at = new Date() } = {},
): Call {
  const text = JSON.stringify(body);
  const seconds = String(Math.floor(at.getTime() / 1000));
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.${text}`).digest('base64');
  const headers = {
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: seconds,
    [`${prefix}-signature`]: `v1,${mac}`,
  };
  return { body: text, headers };
}

export function useHooks(database: TestDatabase, smtpUrl: string) {
  const scene = {
    now: new Date(),
    /** What the guarded client gets, by address; and what it asked for. */
    outside: new Map<string, string>(),
    asked: [] as string[],
    rejected: [] as string[],
    isDatabaseAway: false,
  };
  beforeEach(() => {
    Object.assign(scene, { now: new Date(), asked: [], rejected: [], isDatabaseAway: false });
  });
  const now = () => scene.now;
  const server = shared(async () => {
    const { db } = database;
    const app = express();
    const away = { ...db, change: () => Promise.reject(Object.assign(new Error('away'), { code: '57P03' })) };
    app.use(
      feedbackHookRoutes({
        get db() {
          return scene.isDatabaseAway ? (away as unknown as typeof db) : db;
        },
        enqueue,
        now,
        log: quiet,
        relays: readConfig({ SMTP_URL: smtpUrl }).relays ?? [],
        countRejected: (reason) => void scene.rejected.push(reason),
        fetchText: (url) => {
          scene.asked.push(url);
          return Promise.resolve(scene.outside.get(url));
        },
      }),
    );
    app.use(problemHandler(quiet));
    const listening = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => listening.once('listening', resolve));
    const url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    return { url, close: () => new Promise((resolve) => listening.close(resolve)) };
  });

  /** The status of the answer; the worker has taken what came in. */
  async function call(relay: string, { body, headers = {} }: Call): Promise<number> {
    const answer = await fetch(`${server.url}/hooks/feedback/${relay}`, { method: 'POST', body, headers });
    await answer.arrayBuffer();
    await takeMails({ db: database.db, log: quiet, now, secrets, stopping: () => false });
    return answer.status;
  }

  /** An issue that the relay took for its readers. */
  async function acceptedIssue(readers = 1) {
    const issue = await issueFor(database.db, readers);
    await database.db.query(
      `update deliveries set state = 'accepted', first_try_at = $2, changed_at = $2, attempts = 1 where issue_id = $1`,
      [issue.issueId, scene.now],
    );
    const [first] = await database.db.query<{ subscriberId: string; address: string }>(
      `select d.subscriber_id, r.address from deliveries d join subscribers r on r.id = d.subscriber_id
       where issue_id = $1 order by 1`,
      [issue.issueId],
    );
    if (first === undefined) throw new Error('no reader');
    return { ...issue, ...first, verp: verpOf(issue.issueId, first.subscriberId) };
  }

  /** The delivery, the reader's suppression, the issue's counts and the events. */
  async function outcome({ issueId, subscriberId }: { issueId: string; subscriberId: string }) {
    const row = await database.db.one<{ state: string; suppressed: string | null; left: boolean }>(
      `select d.state, u.reason as suppressed, s.unsubscribed_at is not null as left from deliveries d
       join subscribers r on r.id = d.subscriber_id join subscriptions s on s.id = d.subscription_id
       left join suppressions u on u.address_hash = r.address_hash
       where d.issue_id = $1 and d.subscriber_id = $2`,
      [issueId, subscriberId],
    );
    const { bounced, complained } = (await getIssueProgress(database.db, issueId))?.counts ?? {};
    const events = await eventsOf(database.db, subscriberId);
    return { ...row, bounced, complained, kinds: events.map(({ kind }) => kind) };
  }

  const inbox = () =>
    database.db.query<{ kind: string | null; result: string | null; reason: string | null }>(
      'select kind, result, reason from feedback_inbox order by id',
    );
  afterEach(async () => {
    await database.db.query('delete from feedback_inbox');
  });
  return { scene, server, call, acceptedIssue, outcome, inbox };
}

export const untouched = {
  state: 'accepted',
  suppressed: null,
  left: false,
  bounced: 0,
  complained: 0,
  kinds: [],
};
export const hardBounce = {
  ...untouched,
  state: 'bounced',
  suppressed: 'bounce',
  bounced: 1,
  kinds: ['hard'],
};
export const complaint = {
  ...untouched,
  state: 'complained',
  suppressed: 'complaint',
  complained: 1,
  kinds: ['complaint'],
};
