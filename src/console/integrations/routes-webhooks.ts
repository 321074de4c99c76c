// The webhooks: where events are sent, what became of them, and the switch of each. For owners.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import type { AuditAction } from '../../accounts/audit-actions.js';
import { isId } from '../../ids.js';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';
import { listNewsletters } from '../../newsletters/get-newsletter.js';
import {
  changeWebhook,
  createWebhook,
  editWebhook,
  getWebhook,
  listWebhookDeliveries,
  listWebhooks,
  removeWebhook,
  resendWebhookDelivery,
  type Webhook,
  type WebhookDelivery,
} from '../../webhooks/manage-webhooks.js';
import type { ConsoleDeps } from '../deps.js';
import { queryField } from '../form-field.js';
import { madeFrom } from '../newsletter-form.js';
import type { Notice } from '../notices/notices.js';
import { redirectWith, sendPage, translatorOf } from '../page.js';
import { requireProof, samePage } from '../profile/prove.js';
import { saveForm } from '../saving/save-form.js';
import { actorOf, requireForm, requirePermission } from '../session.js';
import {
  eventNames,
  readWebhookForm,
  webhookChanges,
  webhookFields,
  webhookTyped,
  withWebhookProblem,
  type WebhookAgain,
  type WebhookForm,
} from './webhook-form.js';

const home = '/console/integrations/webhooks';
const shownWebhooks = 100;
const shownDeliveries = 50;

const states: Record<WebhookDelivery['state'], { key: MessageKey; badge: string }> = {
  waiting: { key: 'webhooks.waiting', badge: 'deferred' },
  delivered: { key: 'webhooks.delivered', badge: 'accepted' },
  failed: { key: 'webhooks.failed', badge: 'failed' },
};

const offBecause: Record<NonNullable<Webhook['disabledBecause']>, MessageKey> = {
  'by-hand': 'webhooks.offByHand',
  failing: 'webhooks.offFailing',
  gone: 'webhooks.offGone',
};

function shownDelivery(delivery: WebhookDelivery, { t }: Translator) {
  const { key, badge } = states[delivery.state];
  return { ...delivery, event: t(eventNames[delivery.event]), state: t(key), badge };
}

/** A webhook as a row and as a page show it. */
function shownWebhook(webhook: Webhook, names: ReadonlyMap<string, string>, words: Translator) {
  const { id, url, events, newsletterId, enabled, disabledBecause, createdAt, lastDelivery } = webhook;
  return {
    id,
    url,
    events: events.map((event) => words.t(eventNames[event])),
    newsletter: newsletterId === null ? words.t('webhooks.every') : (names.get(newsletterId) ?? newsletterId),
    enabled,
    state: disabledBecause === null ? words.t('webhooks.on') : words.t(offBecause[disabledBecause]),
    badge: enabled ? 'ok' : 'paused',
    createdAt,
    last: lastDelivery === null ? undefined : shownDelivery(lastDelivery, words),
  };
}

async function namesOfNewsletters({ db }: ConsoleDeps): Promise<Map<string, string>> {
  return new Map((await listNewsletters(db)).map(({ id, name }) => [id, name]));
}

async function list(deps: ConsoleDeps, req: Request, res: Response, form?: WebhookForm): Promise<void> {
  const words = translatorOf(res);
  const cursor = queryField(req, 'cursor');
  const { data, nextCursor } = await listWebhooks(deps, {
    cursor: isId(cursor) ? cursor : undefined,
    limit: shownWebhooks,
  });
  const names = await namesOfNewsletters(deps);
  sendPage(
    res,
    'webhooks',
    {
      tab: 'webhooks',
      saysTimes: data.some(({ lastDelivery }) => lastDelivery !== null),
      webhooks: data.map((webhook) => shownWebhook(webhook, names, words)),
      next: nextCursor && `${home}?cursor=${nextCursor}`,
      ...webhookFields(form, names, words),
    },
    { status: form === undefined ? 200 : 422 },
  );
}

async function record(
  deps: ConsoleDeps,
  res: Response,
  action: Extract<AuditAction, `webhook.${string}`>,
  id: string,
): Promise<void> {
  await recordAudit(deps, { actor: actorOf(res), action, subject: `webhook:${id}` });
}

/** The answer shows the secret, once. A redirect could not: no address may hold it. */
async function create(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const form = readWebhookForm(req);
  const made = await createWebhook(deps, form.patch);
  if (!made.ok) return list(deps, req, res, withWebhookProblem(form, made.code, translatorOf(res)));
  await record(deps, res, 'webhook.create', made.webhook.id);
  await showOne(deps, made.webhook, req, res, made.secret);
}

async function showOne(
  deps: ConsoleDeps,
  webhook: Webhook,
  req: Request,
  res: Response,
  secret?: string,
): Promise<void> {
  const words = translatorOf(res);
  const before = queryField(req, 'before');
  const deliveries = await listWebhookDeliveries(deps, {
    id: webhook.id,
    cursor: isId(before) ? before : undefined,
    limit: shownDeliveries,
  });
  sendPage(res, 'webhook', {
    about: shownWebhook(webhook, await namesOfNewsletters(deps), words),
    secret,
    deliveries: deliveries?.data.map((delivery) => shownDelivery(delivery, words)),
    next: deliveries?.nextCursor && `${home}/${webhook.id}?before=${deliveries.nextCursor}`,
  });
}

type WebhookAct = (deps: ConsoleDeps, webhook: Webhook, req: Request, res: Response) => Promise<void>;

/** Finds the webhook that the address names. */
const about =
  (deps: ConsoleDeps) =>
  (act: WebhookAct) =>
  async (req: Request, res: Response): Promise<void> => {
    const webhook = await getWebhook(deps, { id: String(req.params['id']) });
    if (webhook) return act(deps, webhook, req, res);
    const { t } = translatorOf(res);
    sendPage(
      res,
      'message',
      { heading: t('webhooks.missing'), text: t('webhooks.missingText') },
      { status: 404 },
    );
  };

const show: WebhookAct = (deps, webhook, req, res) => showOne(deps, webhook, req, res);

async function sendEdit(
  deps: ConsoleDeps,
  webhook: Webhook,
  res: Response,
  again?: WebhookAgain,
): Promise<void> {
  const words = translatorOf(res);
  const names = await namesOfNewsletters(deps);
  const view = {
    to: `${home}/${webhook.id}`,
    // The heading stays the address that is stored.
    address: webhook.url,
    ...webhookFields(again?.form ?? { patch: webhook }, names, words),
    changed: webhookChanges(again?.changed ?? [], names, words),
    madeFrom: again?.madeFrom ?? madeFrom(webhookTyped(webhook)),
  };
  sendPage(res, 'webhook-edit', view, { status: again?.status ?? 200 });
}

const edit: WebhookAct = (deps, webhook, _req, res) => sendEdit(deps, webhook, res);

const change: WebhookAct = (deps, webhook, req, res) => {
  const form = readWebhookForm(req);
  return saveForm(
    deps,
    { req, res },
    {
      form,
      stored: webhook,
      typedOf: webhookTyped,
      save: async (patch, isStale) =>
        (await editWebhook(deps, { id: webhook.id, ...patch }, isStale)) ?? {
          ok: false as const,
          code: 'not-found' as const,
        },
      problemOf: ({ code }) =>
        code === 'not-found' || code === 'changed-meanwhile'
          ? undefined
          : withWebhookProblem(form, code, translatorOf(res)),
      sendAgain: (again) => sendEdit(deps, again.stored, res, again),
      audit: { action: 'webhook.change', subject: `webhook:${webhook.id}` },
      next: () => [`${home}/${webhook.id}`, 'webhook-changed'],
    },
  );
};

const turn =
  (enabled: boolean): WebhookAct =>
  async (deps, { id }, _req, res) => {
    await changeWebhook(deps, { id, enabled });
    await record(deps, res, 'webhook.change', id);
    redirectWith(res, `${home}/${id}`, enabled ? 'webhook-on' : 'webhook-off');
  };

const remove: WebhookAct = async (deps, { id }, _req, res) => {
  await removeWebhook(deps, { id });
  await record(deps, res, 'webhook.delete', id);
  redirectWith(res, home, 'webhook-deleted');
};

const notSent: Record<'not-found' | 'webhook-disabled', Notice> = {
  'not-found': 'webhook-event-gone',
  'webhook-disabled': 'webhook-is-off',
};

const resend: WebhookAct = async (deps, { id }, req, res) => {
  const sent = await resendWebhookDelivery(deps, { id, deliveryId: String(req.params['delivery']) });
  if (sent.ok) await record(deps, res, 'webhook.resend', id);
  redirectWith(res, `${home}/${id}`, sent.ok ? 'webhook-event-again' : notSent[sent.code]);
};

export function webhookRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const mayRead = requirePermission('own');
  const isForm = requireForm(deps, 'own');
  const on = about(deps);
  router.get('/integrations/webhooks', mayRead, (req, res) => list(deps, req, res));
  router.post(
    '/integrations/webhooks',
    isForm,
    requireProof(deps, () => home),
    (req, res) => create(deps, req, res),
  );
  router.get('/integrations/webhooks/:id', mayRead, on(show));
  router.get('/integrations/webhooks/:id/edit', mayRead, requireProof(deps, samePage), on(edit));
  router.post(
    '/integrations/webhooks/:id/edit',
    isForm,
    requireProof(deps, (req) => `${home}/${String(req.params['id'])}/edit`),
    on(change),
  );
  router.post('/integrations/webhooks/:id/on', isForm, on(turn(true)));
  router.post('/integrations/webhooks/:id/off', isForm, on(turn(false)));
  router.post('/integrations/webhooks/:id/delete', isForm, on(remove));
  router.post('/integrations/webhooks/:id/deliveries/:delivery/resend', isForm, on(resend));
  return router;
}
