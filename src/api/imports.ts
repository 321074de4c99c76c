// Endpoints for imports of readers.
import type { Response } from 'express';
import { z } from 'zod';
import { recordAudit } from '../accounts/audit.js';
import type { Actor } from '../accounts/permission.js';
import { getImport, listImportRows, listImports } from '../imports/get-import.js';
import { importErrorsCsv } from '../imports/errors.js';
import { importOutcomes } from '../imports/outcome.js';
import { sourceNames } from '../imports/sources.js';
import { discardReceived, maxImportBytes, receiveImport } from '../imports/receive-import.js';
import { importDryRun } from '../imports/import-dry-run.js';
import { startImport } from '../imports/start-import.js';
import { requestUndoImport } from '../imports/undo-import.js';
import { problem } from '../problem.js';
import { translator, type Translator } from '../languages/translate.js';
import type { ApiDeps } from './deps.js';
import { endpoint, id, notFound, ok, pageSchema, pageQuery, streamEndpoint, time } from './endpoint.js';
import { sendPieces } from './send-pieces.js';

/** Sends the import's invalid rows as a file. */
export async function sendImportErrors(
  deps: Pick<ApiDeps, 'db' | 'now'>,
  res: Response,
  { importId, actor, words = translator('en') }: { importId: string; actor: Actor; words?: Translator },
): Promise<void> {
  await recordAudit(deps, { actor, action: 'import.export-errors', subject: `import:${importId}` });
  res.set('Cache-Control', 'no-store');
  res.attachment(`import-${importId}-errors.csv`).type('text/csv; charset=utf-8');
  await sendPieces(res, importErrorsCsv(deps, importId, words));
}

const tag = 'imports';

const counts = (names: readonly string[], description: string) =>
  z.partialRecord(z.enum(names), z.int()).meta({ description });

const statuses = ['active', 'pending', 'expired', 'unsubscribed', 'suppressed'] as const;

const importSchema = z
  .object({
    id,
    newsletterId: id,
    basis: z.string(),
    dryRun: z.boolean(),
    state: z.enum(['queued', 'running', 'finished', 'failed']),
    format: z.enum(['csv', 'ndjson']),
    source: z.enum(sourceNames).nullable().meta({ description: 'The service that exported the file.' }),
    encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']),
    separator: z.string().nullable().meta({ description: 'The separator of a CSV file.' }),
    mapping: z
      .array(z.object({ column: z.string(), field: z.string() }))
      .meta({ description: 'The field that each column was read as. `ignore`: the column is not used.' }),
    bytes: z.int(),
    readBytes: z.int().meta({ description: 'The bytes read so far, for a progress bar.' }),
    lines: z.int(),
    rows: z.int(),
    created: z.int(),
    updated: z.int(),
    skipped: z.int().meta({ description: 'Rows that changed nothing, including the invalid ones.' }),
    invalid: z.int(),
    toConfirm: z.int().meta({
      description: 'Created readers who get a confirmation mail. In a dry run: those who would get one.',
    }),
    outcomes: counts(importOutcomes, 'The rows by outcome.'),
    statuses: counts(statuses, 'The created and updated rows by status.'),
    errors: z
      .array(z.object({ line: z.int(), reason: z.string() }))
      .meta({ description: 'The first 1,000 errors. errors.csv has up to 100,000.' }),
    failure: z.string().nullable(),
    undo: z
      .object({
        state: z.enum(['queued', 'running', 'finished']),
        removed: z.int(),
        restored: z.int(),
        kept: z.int().meta({
          description:
            'Subscriptions that were not removed: their readers have acted since, or have had mail.',
        }),
        ended: z.int().meta({
          description:
            'Kept subscriptions whose readers have had mail: they are unsubscribed instead of removed.',
        }),
        suppressionsLifted: z.int(),
        suppressionsKept: z.int(),
        finishedAt: time.nullable(),
      })
      .nullable(),
    createdAt: time,
    finishedAt: time.nullable(),
    fileKeptUntil: time.nullable().meta({
      description: 'A finished dry run: until then, imports/:id/run imports the same file. Null: it is gone.',
    }),
    importedAs: id.nullable().meta({ description: 'The import that was made of this dry run.' }),
  })
  .meta({ id: 'Import' });

const rowSchema = z
  .object({
    line: z.int(),
    outcome: z.enum(importOutcomes),
    status: z.enum(statuses).nullable().meta({ description: 'What the file says.' }),
    email: z.string().nullable(),
    subscriberId: id.nullable(),
    reason: z.string().nullable().meta({ description: 'Why the row is invalid, or what was ignored.' }),
  })
  .meta({ id: 'ImportRow' });

const basis = z
  .string()
  .max(2000)
  .regex(/\S/, 'must say why these people may be mailed')
  .meta({ description: 'The reason why these people may be mailed. It is recorded with each consent.' });

const importQuery = z.strictObject({
  dryRun: z.enum(['true', 'false']).default('false').meta({
    description: 'Only reports what an import would do. imports/:id/rows has the rows. Nothing is changed.',
  }),
  basis: basis.optional(),
  map: z.string().max(8000).optional().meta({
    description:
      'The fields of columns whose names are not recognised: `column:field,…`. A column may be a number.',
    example: 'Mail:email,Kundenname:name',
  }),
  status: z
    .enum(['active', 'pending', 'unsubscribed', 'suppressed', 'bounced', 'complained'])
    .optional()
    .meta({ description: 'The status of rows that have none.' }),
  ask: z
    .enum(['recent', 'all'])
    .default('recent')
    .meta({
      description:
        'Which unconfirmed readers get a confirmation mail: those who are known to have signed up in the last seven days, ' +
        'or all. The others are kept as expired. With `status=pending`, rows without a status always get one.',
    }),
  fileName: z
    .string()
    .max(300)
    .optional()
    .meta({ description: 'The name of the file. Mailchimp’s file names hold the status of the readers.' }),
});

export const importEndpoints = [
  endpoint({
    method: 'post',
    path: '/newsletters/:id/imports',
    tag,
    summary: 'Import readers from CSV or NDJSON',
    description:
      'Exports of Mailchimp, listmonk, Ghost, MailPoet, Substack, Buttondown and Jetpack are recognised by their columns. ' +
      'The request stores the file. A worker imports it.',
    permission: 'write',
    query: importQuery,
    streamedBody: {
      mediaTypes: ['text/csv', 'application/x-ndjson', 'application/ndjson', 'application/jsonl'],
      limit: maxImportBytes,
      async keep({ deps, id: newsletterId }, body) {
        const kept = await receiveImport(deps, { newsletterId, body });
        switch (kept.status) {
          case 'unknown-newsletter':
            return notFound('newsletter');
          case 'too-large':
            return problem(413, 'too-large', kept.detail);
          case 'received':
            return kept.received;
        }
      },
      discard: (deps, received) => discardReceived(deps, received.id),
    },
    answers: { 202: { description: 'The import has begun. See imports/:id.', schema: z.object({ id }) } },
    audit: 'subscribers.import',
    async handle({ deps, query, received }) {
      if (!received) throw new Error('an import without its body');
      const { ask, dryRun, ...rest } = query;
      const result = await startImport(deps, {
        received: received.import,
        contentType: received.mediaType,
        ...rest,
        asksAll: ask === 'all',
        dryRun: dryRun === 'true',
      });
      if (result.status === 'refused') return problem(400, result.code, result.detail);
      return {
        status: 202,
        body: { id: result.id },
        subject: `import:${result.id}`,
        headers: { Location: `/api/v1/imports/${result.id}` },
      };
    },
  }),
  endpoint({
    method: 'get',
    path: '/newsletters/:id/imports',
    tag,
    summary: 'List imports, the newest first',
    permission: 'read',
    query: pageQuery,
    answers: { 200: { description: 'The imports, without their errors.', schema: pageSchema(importSchema) } },
    async handle({ deps, id: newsletterId, query }) {
      const page = await listImports(deps, { newsletterId, ...query });
      return page ? ok(page) : notFound('newsletter');
    },
  }),
  endpoint({
    method: 'get',
    path: '/imports/:id',
    tag,
    summary: 'Get an import',
    permission: 'read',
    answers: { 200: { description: 'The import.', schema: importSchema } },
    async handle({ deps, id: importId }) {
      const found = await getImport(deps, importId);
      return found ? ok(found) : notFound('import');
    },
  }),
  endpoint({
    method: 'get',
    path: '/imports/:id/rows',
    tag,
    summary: 'List the rows of an import with their outcome',
    description:
      'Rows are kept for 30 days, or as RETENTION says. A person who is erased is removed from them.',
    permission: 'read',
    query: pageQuery.extend({ outcome: z.enum(importOutcomes).optional() }),
    answers: { 200: { description: 'The rows by line.', schema: pageSchema(rowSchema) } },
    async handle({ deps, id: importId, query }) {
      const page = await listImportRows(deps, { importId, ...query });
      return page ? ok(page) : notFound('import');
    },
  }),
  streamEndpoint({
    method: 'get',
    path: '/imports/:id/errors.csv',
    tag,
    summary: 'Download the invalid rows',
    permission: 'write',
    answers: { 200: { description: 'CSV with the columns line, email and reason.', mediaType: 'text/csv' } },
    async stream({ deps, id: importId, actor }, _req, res) {
      if (!(await getImport(deps, importId))) return notFound('import');
      await sendImportErrors(deps, res, { importId, actor });
      return undefined;
    },
  }),
  endpoint({
    method: 'post',
    path: '/imports/:id/run',
    tag,
    summary: 'Import the file of a dry run',
    description:
      'A finished dry run keeps its file until `fileKeptUntil`. A second request starts no second import.',
    permission: 'write',
    body: z
      .strictObject({ basis: basis.optional() })
      .meta({ description: 'Absent: the basis of the dry run.' }),
    bodyOptional: true,
    answers: {
      202: { description: 'The import has begun, or had begun. See imports/:id.', schema: z.object({ id }) },
    },
    problems: { 409: 'It is not a finished dry run, its file is gone, or no basis was stated.' },
    audit: 'subscribers.import',
    async handle({ deps, id: importId, body }) {
      const result = await importDryRun(deps, { importId, basis: body?.basis });
      if (result.status === 'not-found') return notFound('import');
      if (result.status === 'refused') return problem(409, result.code, result.detail);
      return {
        status: 202,
        body: { id: result.id },
        subject: `import:${result.id}`,
        headers: { Location: `/api/v1/imports/${result.id}` },
        ...(!result.fresh && { unchanged: true }),
      };
    },
  }),
  endpoint({
    method: 'post',
    path: '/imports/:id/undo',
    tag,
    summary: 'Undo an import',
    description:
      'Removes the subscriptions that it created and restores those that it changed, unless the reader has acted since. ' +
      'Readers who have had mail are unsubscribed instead of removed, so that the unsubscribe link of that mail still works. ' +
      'An import that is running stops. See `undo` of imports/:id.',
    permission: 'write',
    answers: { 202: { description: 'The undo has begun, or was done before.', schema: importSchema } },
    problems: { 409: 'There is nothing to undo, or the import is too old.' },
    audit: 'subscribers.undo-import',
    async handle({ deps, id: importId }) {
      const result = await requestUndoImport(deps, { importId });
      if (result.status === 'not-found') return notFound('import');
      if (result.status === 'refused') return problem(409, result.code, result.detail);
      return {
        status: 202,
        body: await getImport(deps, importId),
        subject: `import:${importId}`,
        ...(!result.fresh && { unchanged: true }),
      };
    },
  }),
];
