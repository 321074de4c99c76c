// The keys by which programs call the API, for owners.
import express, { type Request, type Response, type Router } from 'express';
import { createApiKey, listApiKeys, revokeApiKey } from '../../accounts/api-keys.js';
import { recordAudit } from '../../accounts/audit.js';
import { roles, type Role } from '../../accounts/permission.js';
import { day } from '../../durations.js';
import { isId } from '../../ids.js';
import type { MessageKey } from '../../languages/messages.js';
import { listNewsletters } from '../../newsletters/get-newsletter.js';
import { pageOf } from '../../paging.js';
import type { ConsoleDeps } from '../deps.js';
import { formField } from '../form-field.js';
import { redirectWith, sendPage, translatorOf } from '../page.js';
import { newsletterChoice, newsletterIdsOf } from '../scope/choose-newsletters.js';
import { requireProof } from '../profile/prove.js';
import { actorOf, requireForm, requirePermission } from '../session.js';

const path = '/console/integrations';
const shown = 100;
const longestName = 100;

const roleNames: Record<Role, MessageKey> = {
  owner: 'integrations.owner',
  editor: 'integrations.editor',
  viewer: 'integrations.viewer',
};
/** Days until a key expires. Empty: never. */
const lifetimes = ['30', '90', '365', ''] as const;

/** A new key, or a form that was not accepted. */
interface Made {
  apiKey?: string;
  name?: string;
  isNameMissing?: boolean;
  /** It is for named newsletters, and names none that exists. */
  coversNone?: boolean;
}

async function show(deps: ConsoleDeps, req: Request, res: Response, made: Made = {}): Promise<void> {
  const { t } = translatorOf(res);
  const { after } = req.query;
  const rows = await listApiKeys(deps.db, {
    after: typeof after === 'string' && isId(after) ? after : '0',
    limit: shown + 1,
  });
  const { data, nextCursor } = pageOf(rows, shown);
  const now = deps.now();
  sendPage(
    res,
    'integrations',
    {
      tab: 'keys',
      ...made,
      saysTimes: data.some(({ lastUsedAt, expiresAt }) => lastUsedAt !== null || expiresAt !== null),
      keys: data.map((key) => ({
        ...key,
        role: t(roleNames[key.role]),
        /** Undefined: all newsletters. */
        covered: key.newsletterIds?.length,
        isExpired: key.expiresAt !== null && key.expiresAt <= now,
        isUsable: key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now),
      })),
      roles: roles.map((role) => ({ value: role, label: t(roleNames[role]), chosen: role === 'editor' })),
      lifetimes: lifetimes.map((days) => ({
        value: days,
        label: days === '' ? t('integrations.never') : t('integrations.days', { days: Number(days) }),
      })),
      ...(await newsletterChoice(deps.db, made.coversNone ? [] : null)),
      next: nextCursor && `${path}?after=${nextCursor}`,
    },
    { status: made.isNameMissing || made.coversNone ? 422 : 200 },
  );
}

/** The answer shows the key, once. A redirect could not: no address may hold it. */
async function create(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const name = formField(req, 'name').slice(0, longestName);
  if (name === '') return show(deps, req, res, { isNameMissing: true });
  const named = newsletterIdsOf(req);
  const found = named && (await listNewsletters(deps.db, { ids: named }));
  if (found?.length === 0) return show(deps, req, res, { name, coversNone: true });
  const newsletterIds = found?.map(({ id }) => id) ?? null;
  const days = lifetimes.find((one) => one === formField(req, 'days')) ?? '30';
  const { apiKey, key } = await createApiKey(deps, {
    name,
    role: roles.find((one) => one === formField(req, 'role')) ?? 'viewer',
    newsletterIds,
    expiresAt: days === '' ? null : new Date(deps.now().getTime() + Number(days) * day),
  });
  const subject = `api-key:${key.id}`;
  await recordAudit(deps, {
    actor: actorOf(res),
    action: 'api-key.create',
    subject,
    detail: { newsletterIds },
  });
  await show(deps, req, res, { apiKey, name });
}

async function revoke(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const id = String(req.params['id']);
  const revoked = await revokeApiKey(deps, { id });
  if (revoked)
    await recordAudit(deps, { actor: actorOf(res), action: 'api-key.revoke', subject: `api-key:${id}` });
  redirectWith(res, path, revoked ? 'key-revoked' : 'key-gone');
}

export function integrationRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const isForm = requireForm(deps, 'own');
  router.get('/integrations', requirePermission('own'), (req, res) => show(deps, req, res));
  router.post(
    '/integrations',
    isForm,
    requireProof(deps, () => '/console/integrations'),
    (req, res) => create(deps, req, res),
  );
  router.post('/integrations/:id/revoke', isForm, (req, res) => revoke(deps, req, res));
  return router;
}
