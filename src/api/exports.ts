// Endpoints that download a newsletter's readers.
import type { Response } from 'express';
import { recordAudit } from '../accounts/audit.js';
import type { Actor } from '../accounts/permission.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { exportFormats, exportSubscribers, type ExportFormat } from '../imports/export-subscribers.js';
import type { ApiDeps } from './deps.js';
import { notFound, streamEndpoint } from './endpoint.js';
import { sendPieces } from './send-pieces.js';

const mediaTypes = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;

/** Sends a newsletter's readers as a file. The audit log says so before the first of them leaves. */
export async function sendReaders(
  deps: Pick<ApiDeps, 'db' | 'now'>,
  res: Response,
  {
    newsletter: { id: newsletterId, slug },
    format,
    actor,
  }: {
    newsletter: Newsletter;
    format: ExportFormat;
    actor: Actor;
  },
): Promise<void> {
  await recordAudit(deps, { actor, action: 'subscribers.export', subject: `newsletter:${newsletterId}` });
  res.set('Cache-Control', 'no-store');
  res.attachment(`${slug}.${format}`).type(`${mediaTypes[format]}; charset=utf-8`);
  await sendPieces(res, exportSubscribers(deps, { newsletterId, format }));
}

export const exportEndpoints = exportFormats.map((format) =>
  streamEndpoint({
    method: 'get',
    path: `/newsletters/:id/subscribers.${format}`,
    tag: 'subscribers',
    summary: `Download a newsletter's readers as ${format.toUpperCase()}`,
    description: 'All readers of every status, with every field that an import accepts.',
    permission: 'write',
    answers: { 200: { description: 'The readers.', mediaType: mediaTypes[format] } },
    async stream({ deps, id: newsletterId, actor }, _req, res) {
      const newsletter = await getNewsletter(deps.db, newsletterId);
      if (!newsletter) return notFound('newsletter');
      await sendReaders(deps, res, { newsletter, format, actor });
      return undefined;
    },
  }),
);
