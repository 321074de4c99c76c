// Sends what webhooks wait for. The rows are the truth: a scheduled job wakes this every few seconds.
//
// 1. A worker claims a lot of one webhook's deliveries. Of each reader, the earliest that waits is in it: events of a
//    reader arrive in their order.
// 2. It sends each as a signed POST. Only 2xx is a success, and no redirect is followed.
// 3. It records the answer. A failed delivery falls due again on the schedule of mail (src/retry.ts), for a day.
// 4. A webhook that answers 410, or to which nothing arrived for three days, is disabled, and the accounts are told.
//
// A worker that dies between 2 and 3 leaves a claim that ends: the event is sent again, with the same webhook-id.
import { addAccountMails } from '../account-mails/add.js';
import type { Db } from '../db.js';
import { day, minute, second } from '../durations.js';
import { readAllowance } from '../outbound/allowed-addresses.js';
import { readStart } from '../outbound/read-body.js';
import { guardedRequest } from '../outbound/request.js';
import { nextTry } from '../retry.js';
import type { Secrets } from '../secrets.js';
import { cleanText } from '../text/clean-text.js';
import { openWebhookSecret, signedHeaders } from './sign.js';
import { disableWebhook, noteFailure, noteSuccess, type DisabledBecause, type WebhookRow } from './store.js';
import {
  claimWebhookLot,
  endWebhookDelivery,
  putOffWebhookDelivery,
  selectDueWebhooks,
  type DueWebhook,
  type WebhookDeliveryRow,
} from './store-deliveries.js';

export interface SendWebhooksDeps {
  db: Db;
  now: () => Date;
  /** 0 to 1: spreads the retries. */
  random: () => number;
  secrets: Secrets;
  /** Our own address, for the User-Agent. */
  baseUrl: string;
  allowPrivateFeeds: readonly string[];
  /** Milliseconds for one request. Tests shorten it. */
  timeOut?: number;
}

const usualTimeOut = 15 * second;
/** Longer than a request and its recording: no other worker takes the delivery meanwhile. */
const claimTime = minute;
/** Requests to one receiver at a time. */
const atOnce = 10;
/** A job ends then, although more is due: the next one looks at all webhooks again. */
const turn = 20 * second;
/** Characters of an answer that are kept. */
const answerLength = 500;
/** Octets of an answer that are read. The piece that crosses the limit is dropped, so it holds several. */
const answerLimit = 128 * 1024;
const disabledAfter = 3 * day;

/** Sends what is due, all webhooks at once: a slow receiver does not delay the others. Returns how many arrived. */
export async function sendWebhooks(deps: SendWebhooksDeps): Promise<number> {
  const webhooks = await selectDueWebhooks(deps.db, deps.now());
  const arrived = await Promise.all(webhooks.map((webhook) => sendTo(deps, webhook)));
  return arrived.reduce((sum, each) => sum + each, 0);
}

/** Ends after a lot of which nothing arrived: a receiver that is down gets a few requests, not thousands. */
async function sendTo(deps: SendWebhooksDeps, webhook: DueWebhook): Promise<number> {
  const began = performance.now();
  let arrived = 0;
  while (performance.now() - began < turn) {
    const now = deps.now();
    const until = new Date(now.getTime() + claimTime);
    const lot = await claimWebhookLot(deps.db, { webhookId: webhook.id, now, until, limit: atOnce });
    const results = await Promise.all(lot.map((delivery) => deliver(deps, webhook, delivery)));
    const good = results.filter(Boolean).length;
    if (good === 0) break;
    arrived += good;
  }
  return arrived;
}

async function deliver(
  deps: SendWebhooksDeps,
  webhook: DueWebhook,
  delivery: WebhookDeliveryRow,
): Promise<boolean> {
  const answered = await post(deps, webhook, delivery);
  const { status } = answered;
  const isGood = status !== null && status >= 200 && status < 300;
  await deps.db.transaction((tx) =>
    isGood ? recordSuccess(deps, tx, delivery, answered) : recordFailure(deps, tx, delivery, answered),
  );
  return isGood;
}

interface WebhookAnswer {
  status: number | null;
  answer: string;
}

async function post(
  { secrets, now, baseUrl, allowPrivateFeeds, timeOut = usualTimeOut }: SendWebhooksDeps,
  webhook: DueWebhook,
  { id, event, happenedAt, data }: WebhookDeliveryRow,
): Promise<WebhookAnswer> {
  const secret = openWebhookSecret(secrets, webhook.secret);
  if (secret === undefined)
    return { status: null, answer: 'SECRET_KEY was replaced, so we cannot sign: create the webhook again' };
  const body = JSON.stringify({ type: event, timestamp: happenedAt.toISOString(), data });
  const result = await guardedRequest(
    {
      url: webhook.url,
      baseUrl,
      allowance: readAllowance(allowPrivateFeeds),
      headers: signedHeaders(secret, { id: `msg_${id}`, at: now(), body }),
      json: body,
      milliseconds: timeOut,
      redirects: 0,
    },
    async ({ response: { statusCode, body: answer }, header, signal }) => {
      const bytes = await readStart(answer, header('content-encoding'), answerLimit, signal);
      answer.on('error', () => undefined).destroy();
      return { status: statusCode, answer: Buffer.from(bytes, 'latin1').toString() };
    },
  );
  const { answer, status } =
    typeof result.status === 'number' ? result : { status: null, answer: result.detail };
  return { status, answer: cleanText(answer).slice(0, answerLength) };
}

async function recordSuccess(
  { now }: SendWebhooksDeps,
  tx: Db,
  { id, webhookId }: WebhookDeliveryRow,
  answered: WebhookAnswer,
): Promise<void> {
  if (await endWebhookDelivery(tx, id, { ...answered, outcome: 'delivered', now: now() }))
    await noteSuccess(tx, webhookId);
}

async function recordFailure(
  deps: SendWebhooksDeps,
  tx: Db,
  { id, webhookId, attempts, retryUntil }: WebhookDeliveryRow,
  answered: WebhookAnswer,
): Promise<void> {
  const now = deps.now();
  const dueAt = nextTry(attempts, now, retryUntil, deps.random());
  const isLast = dueAt === undefined;
  const recorded = isLast
    ? await endWebhookDelivery(tx, id, { ...answered, outcome: 'failed', now })
    : await putOffWebhookDelivery(tx, id, { ...answered, dueAt });
  if (!recorded) return;
  const webhook = await noteFailure(tx, webhookId, { isLast, now });
  if (!webhook) return;
  // 410 is how a receiver unsubscribes (Standard Webhooks).
  const because = answered.status === 410 ? 'gone' : isGivenUp(webhook, now) ? 'failing' : undefined;
  if (because !== undefined) await giveUp(tx, webhook, { because, now });
}

const isGivenUp = ({ failingSince }: WebhookRow, now: Date): boolean =>
  failingSince !== null && now.getTime() - failingSince.getTime() >= disabledAfter;

async function giveUp(
  tx: Db,
  { id, newsletterId }: WebhookRow,
  why: { because: DisabledBecause; now: Date },
): Promise<void> {
  if (!(await disableWebhook(tx, id, why))) return;
  await addAccountMails(tx, {
    kind: 'webhook-disabled',
    subjectId: id,
    now: why.now,
    notSince: new Date(why.now.getTime() - day),
    ...(newsletterId === null ? {} : { newsletterId }),
  });
}
