// subscribers import and export: a newsletter's readers as a file.
import { parse } from 'csv-parse/sync';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordAudit } from '../accounts/audit.js';
import { exportSubscribers } from '../subscribers/export-subscribers.js';
import { getImport } from '../subscribers/get-import.js';
import { runImport } from '../subscribers/run-import.js';
import { startImport } from '../subscribers/start-import.js';
import { CommandError, flag, text, type Call, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext, type Context } from './context.js';

async function readInput(file: string): Promise<Buffer> {
  try {
    if (file !== '-') return await readFile(file);
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer));
    return Buffer.concat(chunks);
  } catch (error) {
    throw new CommandError('unreadable-file', `${file} cannot be read: ${(error as Error).message}`);
  }
}

/** Does the import here, or watches the worker that was quicker to take it. */
async function carryOut(context: Context, call: Call, importId: string) {
  const progress = call.out.progress('Importing');
  try {
    await runImport(
      { ...context, onProgress: ({ rows, lines }) => progress.update(rows, Math.max(rows, lines)) },
      { importId },
    );
    for (;;) {
      const done = await getImport(context, importId);
      if (!done) throw new CommandError('not-found', 'the import is gone');
      const over = done.state === 'finished' || done.state === 'failed';
      // The lines of the file are a guess at its rows: a header is none, and a quoted field may hold several.
      progress.update(done.rows, over ? done.rows : Math.max(done.rows, done.lines));
      if (over) return done;
      await sleep(300);
    }
  } finally {
    progress.end();
  }
}

const importCommand: Command = {
  name: 'subscribers import',
  summary: 'Import readers from CSV (email,name,status) or NDJSON; - reads standard input',
  args: { usage: 'FILE', min: 1, max: 1 },
  options: {
    ...newsletterOption,
    basis: { value: 'TEXT', help: 'why these people may be mailed; recorded with each consent' },
    'dry-run': { help: 'only count what would change' },
  },
  async run(call) {
    const [file = ''] = call.args;
    const body = await readInput(file);
    const contentType = /\.(ndjson|jsonl|json)$/i.test(file) ? 'application/x-ndjson' : 'text/csv';
    return withContext(async (context) => {
      const newsletter = await theNewsletter(context.db, call);
      const dryRun = flag(call, 'dry-run');
      const started = await startImport(
        // Done here and now; a worker finds it again if this process dies.
        { ...context, enqueue: () => Promise.resolve(true) },
        { newsletterId: newsletter.id, body, contentType, basis: text(call, 'basis'), dryRun },
      );
      if (started.status === 'refused') throw new CommandError(started.code, started.detail);
      if (started.status === 'unknown-newsletter')
        throw new CommandError('not-found', 'the newsletter is gone');
      if (!dryRun)
        await recordAudit(context, {
          actor: { kind: 'cli', role: 'owner' },
          action: 'subscribers.import',
          subject: `newsletter:${newsletter.id}`,
        });
      const done = await carryOut(context, call, started.id);
      const { rows, created, updated, skipped, errors, failure } = done;
      call.out.result(done, [
        ...errors.slice(0, 20).map(({ line, reason }) => `line ${line}: ${reason}`),
        ...(errors.length > 20 ? [`… and ${errors.length - 20} more`] : []),
        ...(failure === null ? [] : [failure]),
        `${rows} rows: ${created} ${dryRun ? 'would be created' : 'created'}, ${updated} updated, ${skipped} unchanged or in error.`,
      ]);
      return done.state === 'finished' ? 0 : 1;
    });
  },
};

const exportCommand: Command = {
  name: 'subscribers export',
  summary: "Print a newsletter's readers as CSV, whatever their status",
  options: { ...newsletterOption },
  async run(call) {
    return withContext(async (context) => {
      const { id: newsletterId } = await theNewsletter(context.db, call);
      if (call.out.json) {
        const pieces: string[] = [];
        for await (const piece of exportSubscribers(context, { newsletterId })) pieces.push(piece);
        call.out.result({ data: parse(pieces.join(''), { columns: true }) }, '');
        return 0;
      }
      for await (const piece of exportSubscribers(context, { newsletterId }))
        if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
      return 0;
    });
  },
};

export const subscriberCommands = [importCommand, exportCommand];
