// Endpoints for accounts, API keys and the audit log. They need the permission 'own'.
import { z } from 'zod';
import { createApiKey, getApiKey, listApiKeys, revokeApiKey } from '../accounts/api-keys.js';
import { listAudit } from '../accounts/audit.js';
import { passwordProblemInEnglish } from '../accounts/choose-password.js';
import { createAccount } from '../accounts/create-account.js';
import { deleteAccount, getAccount, listAccounts } from '../accounts/manage-accounts.js';
import { maxPasswordLength, minPasswordLength } from '../accounts/password.js';
import { roles } from '../accounts/permission.js';
import { idPattern } from '../ids.js';
import { languages } from '../languages/language.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import { pageOf } from '../paging.js';
import { problem } from '../problem.js';
import { created, endpoint, id, noContent, notFound, ok, pageSchema, pageQuery, time } from './endpoint.js';

const role = z.enum(roles).meta({
  description:
    'viewer: may read. editor: may do everything except accounts, API keys and the audit log. owner: may do everything.',
});
const accountSchema = z
  .object({
    id,
    email: z.string(),
    role,
    newsletterIds: z
      .array(z.string())
      .nullable()
      .meta({ description: 'The newsletters for which the account has its role. null: all.' }),
    language: z.enum(languages).meta({ description: 'Of the console and of mails to the account.' }),
    createdAt: time,
    seenAt: time.nullable().meta({ description: 'Last use of the console, accurate to the minute.' }),
    hasJoined: z.boolean().meta({
      description: 'False: invited, and has neither chosen a password nor signed in through a provider.',
    }),
    hasPassword: z
      .boolean()
      .meta({ description: 'False: it signs in through a provider only, or is invited.' }),
    hasApp: z.boolean().meta({ description: 'An authenticator app is its second factor.' }),
    hasPasskey: z.boolean(),
    hasSecondFactor: z.boolean().meta({ description: 'An app, or a passkey.' }),
  })
  .meta({ id: 'Account' });
const keySchema = z
  .object({
    id,
    name: z.string(),
    role,
    newsletterIds: z
      .array(z.string())
      .nullable()
      .meta({ description: 'The newsletters that the key reaches. null: all.' }),
    createdAt: time,
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable().meta({ description: 'Accurate to the minute.' }),
    revokedAt: time.nullable(),
  })
  .meta({ id: 'ApiKey' });
const auditSchema = z
  .object({
    id,
    at: time,
    actor: z.string().meta({ example: 'key:2', description: 'key:…, account:… or cli' }),
    action: z.string().meta({ example: 'newsletter.create' }),
    subject: z.string().nullable().meta({ example: 'newsletter:1' }),
    detail: z.unknown(),
  })
  .meta({ id: 'AuditEntry' });

export const keyInput = z.strictObject({
  name: z.string().trim().min(1).max(100),
  role: role.default('editor'),
  newsletterIds: z
    .array(z.string().regex(idPattern, 'must be the id of a newsletter'))
    .min(1)
    .max(200)
    .nullable()
    .default(null)
    .meta({ description: 'The newsletters that the key reaches. null: all, also those to come.' }),
  expiresAt: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ format: 'date-time', description: 'If absent, the key works until it is revoked.' }),
});

export const accountInput = z.strictObject({
  email: z.email().max(254),
  password: z.string().min(minPasswordLength).max(maxPasswordLength),
  role: role.default('editor'),
});

export const accountEndpoints = [
  endpoint({
    method: 'get',
    path: '/api-keys',
    tag: 'api-keys',
    summary: 'List API keys',
    permission: 'own',
    query: pageQuery,
    answers: { 200: { description: 'The keys, without their secrets.', schema: pageSchema(keySchema) } },
    async handle({ deps, query: { limit, cursor } }) {
      return ok(pageOf(await listApiKeys(deps.db, { after: cursor ?? '0', limit: limit + 1 }), limit));
    },
  }),
  endpoint({
    method: 'post',
    path: '/api-keys',
    tag: 'api-keys',
    summary: 'Create an API key',
    permission: 'own',
    body: keyInput,
    answers: {
      201: {
        description: 'The new key. `apiKey` is shown only once.',
        schema: keySchema.extend({ apiKey: z.string().meta({ example: 'dd_…' }) }).meta({ id: 'NewApiKey' }),
      },
    },
    audit: 'api-key.create',
    async handle({ deps, body: { name, role: keyRole, newsletterIds, expiresAt } }) {
      const expires = expiresAt === undefined ? null : new Date(expiresAt);
      if (expires && expires <= deps.now()) return problem(400, 'invalid', 'expiresAt is in the past.');
      const found = newsletterIds && (await listNewsletters(deps.db, { ids: newsletterIds }));
      if (found && found.length < new Set(newsletterIds).size)
        return problem(400, 'invalid', 'newsletterIds names a newsletter that does not exist.');
      const key = { name, role: keyRole, newsletterIds, expiresAt: expires };
      const made = await createApiKey(deps, key);
      const shownOnce = { ...made.key, apiKey: made.apiKey };
      const answer = created(shownOnce, 'api-key', `/api-keys/${made.key.id}`);
      return { ...answer, auditDetail: { newsletterIds } };
    },
  }),
  endpoint({
    method: 'get',
    path: '/api-keys/:id',
    tag: 'api-keys',
    summary: 'Get an API key',
    permission: 'own',
    volatile: ['lastUsedAt'],
    answers: { 200: { description: 'The key, without its secret.', schema: keySchema } },
    async handle({ deps, id: keyId }) {
      const key = await getApiKey(deps.db, keyId);
      return key ? ok(key) : notFound('API key');
    },
  }),
  endpoint({
    method: 'delete',
    path: '/api-keys/:id',
    tag: 'api-keys',
    summary: 'Revoke an API key',
    permission: 'own',
    answers: { 204: { description: 'The key is revoked.' } },
    audit: 'api-key.revoke',
    async handle({ deps, id: keyId }) {
      return (await revokeApiKey(deps, { id: keyId })) ? noContent() : notFound('API key');
    },
  }),
  endpoint({
    method: 'get',
    path: '/accounts',
    tag: 'accounts',
    summary: 'List accounts',
    permission: 'own',
    query: pageQuery,
    answers: { 200: { description: 'The oldest first.', schema: pageSchema(accountSchema) } },
    async handle({ deps, query: { limit, cursor } }) {
      return ok(pageOf(await listAccounts(deps.db, { after: cursor ?? '0', limit: limit + 1 }), limit));
    },
  }),
  endpoint({
    method: 'post',
    path: '/accounts',
    tag: 'accounts',
    summary: 'Create an account for the console',
    permission: 'own',
    body: accountInput,
    answers: { 201: { description: 'The account.', schema: accountSchema } },
    problems: { 409: 'email-taken; or the first request with this Idempotency-Key is still running.' },
    audit: 'account.create',
    async handle({ deps, body }) {
      const result = await createAccount(deps, body);
      if (!result.ok && result.code === 'weak-password')
        return problem(400, 'invalid', passwordProblemInEnglish[result.problem]);
      if (!result.ok)
        return problem(409, 'email-taken', 'An account with this e-mail address already exists.');
      return created(result.account, 'account', `/accounts/${result.account.id}`);
    },
  }),
  endpoint({
    method: 'get',
    path: '/accounts/:id',
    tag: 'accounts',
    summary: 'Get an account',
    permission: 'own',
    answers: { 200: { description: 'The account.', schema: accountSchema } },
    async handle({ deps, id: accountId }) {
      const account = await getAccount(deps.db, accountId);
      return account ? ok(account) : notFound('account');
    },
  }),
  endpoint({
    method: 'delete',
    path: '/accounts/:id',
    tag: 'accounts',
    summary: 'Delete an account and sign it out',
    permission: 'own',
    answers: { 204: { description: 'Deleted.' } },
    problems: { 409: 'last-owner: the last owner cannot be deleted.' },
    audit: 'account.delete',
    async handle({ deps, id: accountId }) {
      const result = await deleteAccount(deps, { id: accountId });
      if (result.ok) return noContent();
      return result.code === 'not-found'
        ? notFound('account')
        : problem(409, 'last-owner', 'The last owner cannot be deleted.');
    },
  }),
  endpoint({
    method: 'get',
    path: '/audit',
    tag: 'audit',
    summary: 'Read the audit log',
    permission: 'own',
    query: pageQuery,
    answers: { 200: { description: 'The newest first.', schema: pageSchema(auditSchema) } },
    async handle({ deps, query: { limit, cursor } }) {
      return ok(pageOf(await listAudit(deps.db, { before: cursor, limit: limit + 1 }), limit));
    },
  }),
];
