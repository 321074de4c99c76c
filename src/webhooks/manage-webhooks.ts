// Creating, changing and listing webhooks, and sending a delivery again.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { readAllowance } from '../outbound/allowed-addresses.js';
import { pageOf, type Page } from '../paging.js';
import type { Secrets } from '../secrets.js';
import { retriedFor } from './announce.js';
import { webhookEvents, type WebhookEvent } from './events.js';
import { newWebhookSecret, sealWebhookSecret } from './sign.js';
import * as store from './store.js';
import {
  reviveWebhookDelivery,
  selectLastDeliveries,
  selectWebhookDeliveries,
  type WebhookDeliveryRow,
} from './store-deliveries.js';
import { readWebhookUrl } from './webhook-url.js';

export interface WebhookDelivery {
  id: string;
  event: WebhookEvent;
  state: 'waiting' | 'delivered' | 'failed';
  data: object;
  happenedAt: Date;
  attempts: number;
  triedAt: Date | null;
  /** null: it has ended. */
  nextTryAt: Date | null;
  status: number | null;
  answer: string | null;
}

export interface Webhook extends Omit<store.WebhookRow, 'disabledAt'> {
  enabled: boolean;
  disabledAt: Date | null;
  lastDelivery: WebhookDelivery | null;
}

export type WebhookRefusal = {
  ok: false;
  code: 'invalid-url' | 'unknown-newsletter' | 'no-events';
  detail: string;
};

interface Deps {
  db: Db;
  now: () => Date;
}
type ReadDeps = Deps & { allowPrivateFeeds: readonly string[] };

interface Fields {
  url?: string | undefined;
  events?: readonly WebhookEvent[] | undefined;
  newsletterId?: string | null | undefined;
}

const refused = (code: WebhookRefusal['code'], detail: string): WebhookRefusal => ({
  ok: false,
  code,
  detail,
});

function shownDelivery(row: WebhookDeliveryRow): WebhookDelivery {
  const { id, event, outcome, data, happenedAt, attempts, triedAt, dueAt, status, answer } = row;
  const state = outcome ?? 'waiting';
  const nextTryAt = outcome === null ? dueAt : null;
  return { id, event, state, data, happenedAt, attempts, triedAt, nextTryAt, status, answer };
}

const shownWebhook = (row: store.WebhookRow, last?: WebhookDeliveryRow): Webhook => ({
  ...row,
  enabled: row.disabledAt === null,
  lastDelivery: last === undefined ? null : shownDelivery(last),
});

/** The fields as they are stored. The events come in their usual order, each once. */
async function readFields(
  { db, allowPrivateFeeds }: ReadDeps,
  { url, events, newsletterId }: Fields,
): Promise<{ ok: true; fields: Fields } | WebhookRefusal> {
  const read = url === undefined ? undefined : readWebhookUrl(url, readAllowance(allowPrivateFeeds));
  if (read?.ok === false) return refused('invalid-url', `${read.detail}.`);
  const chosen = events && webhookEvents.filter((event) => events.includes(event));
  if (chosen?.length === 0) return refused('no-events', 'Choose one event at least.');
  if (typeof newsletterId === 'string' && !(isId(newsletterId) && (await getNewsletter(db, newsletterId))))
    return refused('unknown-newsletter', 'There is no such newsletter.');
  return { ok: true, fields: { url: read?.url, events: chosen, newsletterId } };
}

/** `secret` is the only copy that is readable: the database seals it. */
export async function createWebhook(
  deps: ReadDeps & { secrets: Secrets },
  input: { url: string; events: readonly WebhookEvent[]; newsletterId?: string | null | undefined },
): Promise<{ ok: true; webhook: Webhook; secret: string } | WebhookRefusal> {
  const read = await readFields(deps, input);
  if (!read.ok) return read;
  const secret = newWebhookSecret();
  const row = await store.insertWebhook(deps.db, {
    url: read.fields.url ?? input.url,
    events: read.fields.events ?? input.events,
    newsletterId: read.fields.newsletterId ?? null,
    secret: sealWebhookSecret(deps.secrets, secret),
    now: deps.now(),
  });
  return { ok: true, webhook: shownWebhook(row), secret };
}

export async function listWebhooks(
  { db }: Pick<Deps, 'db'>,
  { cursor = '0', limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<Webhook>> {
  const rows = await store.selectWebhooks(db, cursor, limit + 1);
  const last = await selectLastDeliveries(
    db,
    rows.map(({ id }) => id),
  );
  return pageOf(
    rows.map((row) =>
      shownWebhook(
        row,
        last.find(({ webhookId }) => webhookId === row.id),
      ),
    ),
    limit,
  );
}

export async function getWebhook(
  { db }: Pick<Deps, 'db'>,
  { id }: { id: string },
): Promise<Webhook | undefined> {
  const row = isId(id) ? await store.selectWebhook(db, id) : undefined;
  return row && shownWebhook(row, (await selectLastDeliveries(db, [id]))[0]);
}

type Change = Fields & { id: string; enabled?: boolean | undefined };
type Changed = { ok: true; webhook: Webhook } | WebhookRefusal | undefined;

/** Undefined: there is no such webhook. Enabling it and another address forget the failures. */
export async function changeWebhook(deps: ReadDeps, change: Change): Promise<Changed> {
  const changed = await editWebhook(deps, change, () => false);
  return changed?.ok === false && changed.code === 'changed-meanwhile' ? undefined : changed;
}

/** The same for a form. `isStale` looks at the webhook under the lock: if true, nothing is changed. */
export async function editWebhook(
  deps: ReadDeps,
  { id, enabled, ...fields }: Change,
  isStale: (current: Webhook) => boolean,
): Promise<Changed | { ok: false; code: 'changed-meanwhile' }> {
  if (!isId(id)) return undefined;
  const read = await readFields(deps, fields);
  if (!read.ok) return read;
  return deps.db.transaction(async (tx) => {
    const before = await store.lockWebhook(tx, id);
    if (before === undefined) return undefined;
    if (isStale(shownWebhook(before))) return { ok: false, code: 'changed-meanwhile' };
    const row = await store.updateWebhook(tx, id, { ...read.fields, enabled, now: deps.now() });
    return row && { ok: true, webhook: shownWebhook(row, (await selectLastDeliveries(tx, [id]))[0]) };
  });
}

/** Deletes it with its deliveries. False: there is no such webhook. */
export async function removeWebhook({ db }: Pick<Deps, 'db'>, { id }: { id: string }): Promise<boolean> {
  return isId(id) && (await store.deleteWebhook(db, id));
}

/** The newest first. Undefined: there is no such webhook. */
export async function listWebhookDeliveries(
  { db }: Pick<Deps, 'db'>,
  { id, cursor, limit }: { id: string; cursor?: string | undefined; limit: number },
): Promise<Page<WebhookDelivery> | undefined> {
  if (!isId(id) || !(await store.selectWebhook(db, id))) return undefined;
  const rows = await selectWebhookDeliveries(db, { webhookId: id, before: cursor, limit: limit + 1 });
  return pageOf(rows.map(shownDelivery), limit);
}

/** Sends the delivery again, whatever became of it, with the same webhook-id. */
export async function resendWebhookDelivery(
  { db, now }: Deps,
  { id, deliveryId }: { id: string; deliveryId: string },
): Promise<{ ok: true; delivery: WebhookDelivery } | { ok: false; code: 'not-found' | 'webhook-disabled' }> {
  const webhook = isId(id) ? await store.selectWebhook(db, id) : undefined;
  if (!webhook || !isId(deliveryId)) return { ok: false, code: 'not-found' };
  if (webhook.disabledAt !== null) return { ok: false, code: 'webhook-disabled' };
  const at = now();
  const retryUntil = new Date(at.getTime() + retriedFor);
  const row = await reviveWebhookDelivery(db, { webhookId: id, id: deliveryId, now: at, retryUntil });
  return row ? { ok: true, delivery: shownDelivery(row) } : { ok: false, code: 'not-found' };
}
