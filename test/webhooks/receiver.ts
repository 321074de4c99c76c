// A program that receives webhooks on this machine, and a worker that sends them at a clock that the test moves.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import type { Db } from '../../src/db.js';
import { webhookEvents, type WebhookEvent } from '../../src/webhooks/events.js';
import { createWebhook } from '../../src/webhooks/manage-webhooks.js';
import { sendWebhooks } from '../../src/webhooks/send-webhooks.js';
import { secrets } from '../support/site.js';

export interface ReceivedEvent {
  id: string;
  headers: Record<string, string>;
  body: string;
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

export interface Receiver {
  url: string;
  received: ReceivedEvent[];
  answer: RequestListener;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const receiver: Receiver = {
    url: '',
    received: [],
    answer: (_, response) => void response.end('thank you'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const headers = request.headers as Record<string, string>;
    const event = JSON.parse(body) as Pick<ReceivedEvent, 'type' | 'timestamp' | 'data'>;
    receiver.received.push({ id: headers['webhook-id'] ?? '', headers, body, ...event });
    receiver.answer(request, response);
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return receiver;
}

/** Fails if the signature is not right, as any receiver would with the library. */
export const verified = (secret: string, { body, headers }: ReceivedEvent): unknown =>
  new Webhook(secret).verify(body, headers);

export const webhookDeps = (db: Db, now: () => Date = () => new Date()) => ({
  db,
  now,
  random: () => 0.5,
  secrets,
  baseUrl: 'https://digest.example.org',
  allowPrivateFeeds: ['127.0.0.1'],
});

export async function makeWebhook(
  db: Db,
  {
    url = 'http://127.0.0.1:9/hook',
    events = webhookEvents,
    newsletterId = null,
    now = () => new Date(),
  }: {
    url?: string;
    events?: readonly WebhookEvent[];
    newsletterId?: string | null;
    now?: () => Date;
  } = {},
): Promise<{ id: string; secret: string }> {
  const made = await createWebhook(webhookDeps(db, now), { url, events, newsletterId });
  if (!made.ok) throw new Error(made.detail);
  return { id: made.webhook.id, secret: made.secret };
}

/** What the outbox holds for a webhook, in order. */
export const outbox = (
  db: Db,
  webhookId: string,
): Promise<{ event: WebhookEvent; data: Record<string, unknown> }[]> =>
  db.query('select event, data from webhook_deliveries where webhook_id = $1 order by id', [webhookId]);

export const sendDue = (
  db: Db,
  now?: () => Date,
  over: Partial<Parameters<typeof sendWebhooks>[0]> = {},
): Promise<number> => sendWebhooks({ ...webhookDeps(db, now), ...over });
