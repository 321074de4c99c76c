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
import { startImport } from '../imports/start-import.js';
import { requestUndoImport } from '../imports/undo-import.js';
import { problem } from '../problem.js';
import type { ApiDeps } from './deps.js';
import { endpoint, id, notFound, ok, pageSchema, pageQuery, streamEndpoint, time } from './endpoint.js';
import { sendPieces } from './send-pieces.js';

/** Sends the import's invalid rows as a file. */
export async function sendImportErrors(
  deps: Pick<ApiDeps, 'db' | 'now'>,
  res: Response,
  { importId, actor }: { importId: string; actor: Actor },
): Promise<void> {
  await recordAudit(deps, { actor, action: 'import.export-errors', subject: `import:${importId}` });
  res.set('Cache-Control', 'no-store');
  res.attachment(`import-${importId}-errors.csv`).type('text/csv; charset=utf-8');
  await sendPieces(res, importErrorsCsv(deps, importId));
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
    source: z.enum(sourceNames).nullable().meta({ description: 'Whose export the file is.' }),
    encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']),
    separator: z.string().nullable().meta({ description: 'Of CSV.' }),
    mapping: z
      .array(z.object({ column: z.string(), field: z.string() }))
      .meta({ description: 'What each column was taken for; `ignore` is left out.' }),
    bytes: z.int(),
    readBytes: z.int().meta({ description: 'Of them, to show progress by.' }),
    lines: z.int(),
    rows: z.int(),
    created: z.int(),
    updated: z.int(),
    skipped: z.int().meta({ description: 'Rows that changed nothing, the invalid ones among them.' }),
    invalid: z.int(),
    toConfirm: z.int().meta({
      description: 'Of the created, those who are asked by mail to confirm; of a dry run, who would be.',
    }),
    outcomes: counts(importOutcomes, 'Rows by what came of them.'),
    statuses: counts(statuses, 'The created and updated rows by what they say.'),
    errors: z
      .array(z.object({ line: z.int(), reason: z.string() }))
      .meta({ description: 'The first thousand; errors.csv has up to 100,000.' }),
    failure: z.string().nullable(),
    undo: z
      .object({
        state: z.enum(['queued', 'running', 'finished']),
        removed: z.int(),
        restored: z.int(),
        kept: z.int().meta({
          description: 'Still there: readers who have acted since stay as they are; others are ended.',
        }),
        ended: z.int().meta({
          description: 'Of the kept, those that had been mailed already: unsubscribed, not removed.',
        }),
        suppressionsLifted: z.int(),
        suppressionsKept: z.int(),
        finishedAt: time.nullable(),
      })
      .nullable(),
    createdAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Import' });

const rowSchema = z
  .object({
    line: z.int(),
    outcome: z.enum(importOutcomes),
    status: z.enum(statuses).nullable().meta({ description: 'What the file says.' }),
    email: z.string().nullable(),
    subscriberId: id.nullable(),
    reason: z.string().nullable().meta({ description: 'Why it is invalid, or what was left out.' }),
  })
  .meta({ id: 'ImportRow' });

const importQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'Say what would happen, and to whom (imports/:id/rows); change nothing.' }),
  basis: z
    .string()
    .max(2000)
    .optional()
    .meta({ description: 'Why these people may be mailed; recorded with each consent.' }),
  map: z.string().max(8000).optional().meta({
    description:
      'What columns are, where their names do not tell: `column:field,…`; a column may be a number.',
    example: 'Mail:email,Kundenname:name',
  }),
  status: z
    .enum(['active', 'pending', 'unsubscribed', 'suppressed', 'bounced', 'complained'])
    .optional()
    .meta({ description: 'Of rows that do not say.' }),
  ask: z
    .enum(['recent', 'all'])
    .default('recent')
    .meta({
      description:
        'Which unconfirmed readers of the file are asked by mail to confirm: those known to have asked in the last seven ' +
        'days, or all. The others are kept as expired. (`status=pending` asks the rows that do not say, whatever this is.)',
    }),
  fileName: z.string().max(300).optional().meta({ description: "Mailchimp's tells whose file it is." }),
});

export const importEndpoints = [
  endpoint({
    method: 'post',
    path: '/newsletters/:id/imports',
    tag,
    summary: 'Import readers from CSV or NDJSON',
    description:
      'Exports of Mailchimp, listmonk, Ghost, MailPoet, Substack, Buttondown and Jetpack are recognised by their columns. ' +
      'The body is kept as it comes in; a worker does the import.',
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
    answers: { 202: { description: 'It has begun; see imports/:id.', schema: z.object({ id }) } },
    audit: 'subscribers.import',
    async handle({ deps, query, received }) {
      if (!received) throw new Error('an import without its body');
      const { basis, map, status, ask, fileName } = query;
      const result = await startImport(deps, {
        received: received.import,
        contentType: received.mediaType,
        basis,
        map,
        status,
        asksAll: ask === 'all',
        fileName,
        dryRun: query.dryRun === 'true',
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
    answers: { 200: { description: 'Imports, without their errors.', schema: pageSchema(importSchema) } },
    async handle({ deps, id: newsletterId, query }) {
      const page = await listImports(deps, { newsletterId, ...query });
      return page ? ok(page) : notFound('newsletter');
    },
  }),
  endpoint({
    method: 'get',
    path: '/imports/:id',
    tag,
    summary: 'See how an import stands',
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
    summary: 'See what came of each row, or would come of it',
    description:
      'Kept for 30 days, or as RETENTION says. Whoever has been erased since is not named any more.',
    permission: 'read',
    query: pageQuery.extend({ outcome: z.enum(importOutcomes).optional() }),
    answers: { 200: { description: 'Rows, by line.', schema: pageSchema(rowSchema) } },
    async handle({ deps, id: importId, query }) {
      const page = await listImportRows(deps, { importId, ...query });
      return page ? ok(page) : notFound('import');
    },
  }),
  streamEndpoint({
    method: 'get',
    path: '/imports/:id/errors.csv',
    tag,
    summary: 'Download the rows in error',
    permission: 'write',
    answers: { 200: { description: 'line,email,reason', mediaType: 'text/csv' } },
    async stream({ deps, id: importId, actor }, _req, res) {
      if (!(await getImport(deps, importId))) return notFound('import');
      await sendImportErrors(deps, res, { importId, actor });
      return undefined;
    },
  }),
  endpoint({
    method: 'post',
    path: '/imports/:id/undo',
    tag,
    summary: 'Take an import back',
    description:
      'What it made goes, what it changed is as it was, unless the reader has acted since. Whoever has been mailed already ' +
      'is unsubscribed, not removed: leaving by the link of that mail must last. One that is running stops. ' +
      'See `undo` of imports/:id.',
    permission: 'write',
    answers: { 202: { description: 'It has begun, or was done before.', schema: importSchema } },
    problems: { 409: 'There is nothing to undo, or it is too late.' },
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
