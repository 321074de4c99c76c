import { z } from 'zod';
import { getImport } from '../subscribers/get-import.js';
import { maxImportBytes, startImport } from '../subscribers/start-import.js';
import { problem } from '../problem.js';
import { endpoint, id, notFound, ok, time } from './endpoint.js';

const tag = 'imports';

const importSchema = z
  .object({
    id,
    newsletterId: id,
    basis: z.string(),
    dryRun: z.boolean(),
    state: z.enum(['queued', 'running', 'finished', 'failed']),
    lines: z.int().meta({ description: 'Of the body, to show progress by.' }),
    rows: z.int(),
    created: z.int(),
    updated: z.int(),
    skipped: z.int().meta({ description: 'Rows that changed nothing, the invalid ones among them.' }),
    invalid: z.int(),
    errors: z
      .array(z.object({ line: z.int(), reason: z.string() }))
      .meta({ description: 'The first thousand.' }),
    failure: z.string().nullable(),
    createdAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Import' });

export const importEndpoints = [
  endpoint({
    method: 'post',
    path: '/newsletters/:id/imports',
    tag,
    summary: 'Import readers from CSV (email,name,status) or NDJSON',
    permission: 'write',
    query: z.strictObject({
      dryRun: z
        .enum(['true', 'false'])
        .default('false')
        .meta({ description: 'Only count what would change.' }),
      basis: z
        .string()
        .max(2000)
        .optional()
        .meta({ description: 'Why these people may be mailed; recorded.' }),
    }),
    rawBody: {
      mediaTypes: ['text/csv', 'application/x-ndjson', 'application/ndjson', 'application/jsonl'],
      limit: maxImportBytes,
    },
    answers: { 202: { description: 'It has begun; see imports/:id.', schema: z.object({ id }) } },
    audit: 'subscribers.import',
    async handle({ deps, id: newsletterId, query, raw }) {
      const { bytes = Buffer.alloc(0), mediaType = '' } = raw ?? {};
      const result = await startImport(deps, {
        newsletterId,
        body: bytes,
        contentType: mediaType,
        basis: query.basis,
        dryRun: query.dryRun === 'true',
      });
      switch (result.status) {
        case 'unknown-newsletter':
          return notFound('newsletter');
        case 'refused':
          return problem(result.code === 'too-large' ? 413 : 400, result.code, result.detail);
        case 'accepted':
          return {
            status: 202,
            body: { id: result.id },
            subject: `import:${result.id}`,
            headers: { Location: `/api/v1/imports/${result.id}` },
          };
      }
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
];
