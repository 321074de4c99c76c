// subscribers export: a newsletter's readers as a file that subscribers import takes back.
import { once } from 'node:events';
import { exportFormats, exportSubscribers } from '../imports/export-subscribers.js';
import { choice, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';

export const exportCommand: Command = {
  name: 'subscribers export',
  summary: "Print a newsletter's readers as CSV or NDJSON, whatever their status",
  options: {
    ...newsletterOption,
    format: { value: 'FORMAT', help: 'csv (the usual) or ndjson' },
  },
  async run(call) {
    const format = choice(call, 'format', exportFormats) ?? 'csv';
    return withContext(async (context) => {
      const { id: newsletterId } = await theNewsletter(context.db, call);
      const write = async (piece: string): Promise<void> => {
        if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
      };
      if (!call.out.json) {
        for await (const piece of exportSubscribers(context, { newsletterId, format })) await write(piece);
        return 0;
      }
      // One document, as --json promises, and yet never whole in memory.
      let before = '{"data":[';
      for await (const piece of exportSubscribers(context, { newsletterId, format: 'ndjson' })) {
        await write(before + piece.trimEnd().replaceAll('\n', ','));
        before = ',';
      }
      await write(before === ',' ? ']}\n' : `${before}]}\n`);
      return 0;
    });
  },
};
