import { getNewsletter } from '../newsletters/get-newsletter.js';
import { exportSubscribers } from '../subscribers/export-subscribers.js';
import { notFound, streamEndpoint } from './endpoint.js';
import { sendPieces } from './send-pieces.js';

const mediaTypes = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;

export const exportEndpoints = (['csv', 'ndjson'] as const).map((format) =>
  streamEndpoint({
    method: 'get',
    path: `/newsletters/:id/subscribers.${format}`,
    tag: 'subscribers',
    summary: `Download a newsletter's readers as ${format.toUpperCase()}`,
    description: 'All of them, whatever their status, with all that an import takes back.',
    permission: 'read',
    answers: { 200: { description: 'Its readers.', mediaType: mediaTypes[format] } },
    async stream({ deps, id: newsletterId }, _req, res) {
      const newsletter = await getNewsletter(deps.db, newsletterId);
      if (!newsletter) return notFound('newsletter');
      res.attachment(`${newsletter.slug}.${format}`).type(`${mediaTypes[format]}; charset=utf-8`);
      await sendPieces(res, exportSubscribers(deps, { newsletterId, format }));
      return undefined;
    },
  }),
);
