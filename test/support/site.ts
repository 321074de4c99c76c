// Serves the public routes on a free port. Its worker sends the enqueued mail when the test calls it.
import express from 'express';
import type { AddressInfo } from 'node:net';
import type { Database } from '../../src/db.js';
import { createMailer } from '../../src/mail/send.js';
import { openSecrets } from '../../src/secrets.js';
import { readConfig } from '../../src/config/environment.js';
import type { SubscribeLimits } from '../../src/config/limits.js';
import { subscriberRoutes } from '../../src/joining/routes.js';
import { eraseByLink } from '../../src/people/erase-subscriber.js';
import { exportByLink } from '../../src/people/export-subscriber.js';
import { mergeSubscribers } from '../../src/people/merge-subscribers.js';
import { preferencesRoutes } from '../../src/preferences/routes.js';
import { sendAddressMails } from '../../src/preferences/send-address-mails.js';
import { enqueueUnsentConfirmations, expireUnconfirmed } from '../../src/joining/resume-confirmations.js';
import {
  enqueueDueNotices,
  sendReminder,
  tellSubscribed,
  type SendNoticeResult,
} from '../../src/joining/send-notices.js';
import { sendWelcome } from '../../src/joining/send-welcome.js';
import { sendConfirmation, type SendConfirmationResult } from '../../src/joining/send-confirmation.js';
import { rememberingQueue, secretKey, testRelays } from './newsroom.js';
import { startSink, type Sink } from './smtp-sink.js';

export const secrets = openSecrets(secretKey);

export interface Clock {
  now: () => Date;
  forward(ms: number): void;
}

/** A clock that stands still until the test puts it forward. */
export function clockAt(start: Date = new Date()): Clock {
  let at = start.getTime();
  return {
    now: () => new Date(at),
    forward(ms) {
      at += ms;
    },
  };
}

export interface Site {
  url: string;
  clock: Clock;
  queue: ReturnType<typeof rememberingQueue>;
  sink: Sink;
  /** Subscribes with a JSON request. */
  subscribe(slug: string, body: object, headers?: Record<string, string>): Promise<Response>;
  /** Sends every confirmation and every change-of-address mail enqueued since the previous call. */
  work(): Promise<SendConfirmationResult[]>;
  send(subscriptionId: string): Promise<SendConfirmationResult>;
  remind(subscriptionId: string): Promise<SendNoticeResult>;
  welcome(subscriptionId: string): Promise<SendNoticeResult>;
  /** Runs the part of the worker's sweep that concerns mail to readers. */
  sweep(): Promise<void>;
  /** The token of the link in the latest confirmation to this address. */
  tokenTo(address: string): Promise<string>;
  close(): Promise<void>;
}

/** The default limits, with the changes that a test needs. */
export const limits = (changes: Partial<SubscribeLimits> = {}): SubscribeLimits => ({
  ...readConfig({}).subscribeLimits,
  ...changes,
});

export async function startSite(
  db: Database,
  {
    subscribeLimits = limits(),
    clock = clockAt(),
    observe = () => {},
  }: { subscribeLimits?: SubscribeLimits; clock?: Clock; observe?: (outcome: string) => void } = {},
): Promise<Site> {
  const queue = rememberingQueue();
  const sink = await startSink();
  const relays = testRelays(sink.url, { connections: 2 });
  const { now } = clock;
  const envelopes = { keys: secrets.derive('verp'), domain: undefined };
  const mailer = createMailer({ relays, now, envelopes });
  const app = express();
  app.set('trust proxy', 'loopback');
  const routeDeps = { db, enqueue: queue.enqueue, secrets, now, subscribeLimits };
  app.use(subscriberRoutes({ ...routeDeps, observe }));
  app.use(
    preferencesRoutes({
      ...routeDeps,
      eraseSubscriber: eraseByLink,
      exportSubscriber: exportByLink,
      mergeSubscribers,
    }),
  );
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const noticeDeps = { db, mailer, secrets, baseUrl: url, now, subscribeLimits };
  const send = (subscriptionId: string) =>
    sendConfirmation({ db, mailer, baseUrl: url, now }, { subscriptionId });
  return {
    url,
    clock,
    queue,
    sink,
    send,
    welcome: (subscriptionId) => sendWelcome(noticeDeps, { subscriptionId }),
    remind: (subscriptionId) => sendReminder(noticeDeps, { subscriptionId }),
    async sweep() {
      const deps = { db, enqueue: queue.enqueue, now };
      await enqueueUnsentConfirmations(deps);
      await enqueueDueNotices(deps);
      await expireUnconfirmed(deps);
    },
    subscribe: (slug, body, headers = {}) =>
      fetch(`${url}/n/${slug}/subscribe`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    async work() {
      const results: SendConfirmationResult[] = [];
      for (const { payload } of queue.jobs.splice(0))
        if (payload.kind === 'confirm') results.push(await send(payload.subscriptionId));
        else if (payload.kind === 'remind') await sendReminder(noticeDeps, payload);
        else if (payload.kind === 'tell') await tellSubscribed(noticeDeps, payload);
        else if (payload.kind === 'welcome') await sendWelcome(noticeDeps, payload);
        else if (payload.kind === 'address')
          await sendAddressMails({ db, mailer, baseUrl: url, now }, payload);
      return results;
    },
    async tokenTo(address) {
      const mail = await sink.messagesTo(address).at(-1)?.parsed();
      const [, token] = /\/confirm\/([\w-]+)/.exec(mail?.text ?? '') ?? [];
      if (token === undefined) throw new Error(`no link was mailed to ${address}`);
      return token;
    },
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await relays.close();
      await sink.close();
    },
  };
}

export interface StoredSubscription {
  id: string;
  requestedAt: Date;
  confirmationSentAt: Date | null;
  confirmedAt: Date | null;
  unsubscribedAt: Date | null;
  expiredAt: Date | null;
  readThrough: string;
  topics: string[] | null;
  name: string | null;
  events: string[];
}

/** The subscription of an address, and the events of its consent record in order. */
export async function subscriptionOf(
  db: Database,
  newsletterId: string,
  address: string,
): Promise<StoredSubscription> {
  return db.one<StoredSubscription>(
    `select s.*, r.name, coalesce((select array_agg(c.event order by c.id) from consents c
       where c.subscription_id = s.id), '{}') as events
     from subscriptions s join subscribers r on r.id = s.subscriber_id
     where s.newsletter_id = $1 and r.address_key = $2`,
    [newsletterId, address],
  );
}
