// subscribers export: writes a newsletter's readers to a file that `subscribers import` accepts.
// subscribers count: the kept numbers of readers, compared with the readers themselves.
import { once } from 'node:events';
import { recordAudit } from '../accounts/audit.js';
import { exportFormats, exportSubscribers } from '../imports/export-subscribers.js';
import { checkReaderCounts, countByStatus, repairReaderCounts } from '../subscribers/count-readers.js';
import { choice, flag, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext } from './context.js';

export const exportCommand: Command = {
  name: 'subscribers export',
  summary: 'Print all readers of a newsletter as CSV or NDJSON',
  options: {
    ...newsletterOption,
    format: { choices: exportFormats, help: 'file format (default: csv)' },
  },
  async run(call) {
    const format = choice(call, 'format', exportFormats) ?? 'csv';
    return withContext(async (context) => {
      const { id: newsletterId } = await theNewsletter(context.db, call);
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'subscribers.export',
        subject: `newsletter:${newsletterId}`,
      });
      const write = async (piece: string): Promise<void> => {
        if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
      };
      if (!call.out.json) {
        for await (const piece of exportSubscribers(context, { newsletterId, format })) await write(piece);
        return 0;
      }
      // Write the JSON document piece by piece, because the list can be larger than the memory.
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

export const countCommand: Command = {
  name: 'subscribers count',
  summary: 'Print how many readers a newsletter has by status, and check these numbers',
  options: {
    ...newsletterOption,
    repair: { help: 'replace wrong numbers; no reader can join or leave meanwhile' },
  },
  async run(call) {
    return withContext(async ({ db }) => {
      const repair = flag(call, 'repair');
      const wrong = await (repair ? repairReaderCounts(db) : checkReaderCounts(db));
      const { id } = await theNewsletter(db, call);
      const counts = await countByStatus(db, id);
      call.out.result({ counts, wrong }, [
        ...Object.entries(counts).map(([status, readers]) => `${status}: ${readers}`),
        ...wrong.map(
          (one) =>
            `${repair ? '✓ repaired' : '✗ wrong'}: newsletter ${one.newsletterId}, ${one.status}: ${one.kept} kept, ${one.counted} counted`,
        ),
      ]);
      return wrong.length === 0 || repair ? 0 : 1;
    });
  },
};
