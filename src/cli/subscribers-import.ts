// subscribers import: imports readers from a file of this or of another service.
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordAudit } from '../accounts/audit.js';
import type { ImportView } from '../imports/get-import.js';
import { genericStatuses, type SourceStatus } from '../imports/sources.js';
import { receiveImport } from '../imports/receive-import.js';
import { runImport } from '../imports/run-import.js';
import { importDryRun } from '../imports/import-dry-run.js';
import { basisNeeded, startImport } from '../imports/start-import.js';
import { inEnglish } from '../languages/translate.js';
import { CommandError, flag, text, UsageError, type CommandCall, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext, type Context } from './context.js';
import { reportOf } from './import-report.js';
import { theImport, undo } from './import-undo.js';
import { ask } from './output.js';

/** Reads the file in pieces, because it can be larger than the memory. "-" is standard input. */
async function* piecesOf(file: string): AsyncGenerator<Buffer> {
  try {
    const stream = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1024 * 1024 });
    for await (const piece of stream) yield Buffer.from(piece as Buffer);
  } catch (error) {
    throw new CommandError('unreadable-file', `Cannot read ${file}: ${(error as Error).message}`);
  }
}

const isOver = ({ state }: ImportView): boolean => state === 'finished' || state === 'failed';

/** Runs the import here, or waits for a worker that has started it. */
async function carryOut(context: Context, call: CommandCall, importId: string): Promise<ImportView> {
  const progress = call.out.progress('Importing');
  const show = (rows: number, read: number, all: number): void =>
    progress.update(rows, all === 0 ? rows : Math.max(rows, Math.round((rows * all) / Math.max(1, read))));
  try {
    await runImport(
      { ...context, onProgress: ({ rows, byte, bytes }) => show(rows, byte, bytes) },
      { importId },
    );
    for (;;) {
      const done = await theImport(context, importId);
      if (isOver(done)) {
        progress.update(done.rows, done.rows);
        return done;
      }
      show(done.rows, done.readBytes, done.bytes);
      await sleep(300);
    }
  } finally {
    progress.end();
  }
}

function statusOption(call: CommandCall): SourceStatus | undefined {
  const word = text(call, 'status');
  if (word === undefined) return undefined;
  const status = Object.hasOwn(genericStatuses, word) ? genericStatuses[word] : undefined;
  if (status === undefined || status === 'expired')
    throw new UsageError(
      `--status is "${word}". Allowed are active, pending, unsubscribed, suppressed, bounced and complained.`,
    );
  return status;
}

async function receive(context: Context, newsletterId: string, file: string) {
  const kept = await receiveImport(context, { newsletterId, body: piecesOf(file) });
  if (kept.status === 'too-large') throw new CommandError(kept.status, kept.detail);
  if (kept.status === 'unknown-newsletter')
    throw new CommandError('not-found', 'The newsletter was deleted in the meantime.');
  return kept.received;
}

/** The option's value, or what a person at the terminal answers. A script may omit it. */
async function theBasis(call: CommandCall, isPiped: boolean): Promise<string | undefined> {
  const basis = text(call, 'basis');
  if (basis !== undefined) return basis;
  if (!isPiped && process.stdin.isTTY && process.stderr.isTTY)
    return ask('Why may you mail these people? One sentence, stored with each consent: ');
  call.out.note('Without --basis, each consent is recorded as "not stated".');
  return undefined;
}

/** Records the start, runs the import or leaves it to the workers, and prints the report. */
async function finish(context: Context, call: CommandCall, importId: string): Promise<number> {
  await recordAudit(context, {
    actor: { kind: 'cli', role: 'owner' },
    action: 'subscribers.import',
    subject: `import:${importId}`,
  });
  const later = flag(call, 'no-wait');
  const done = later ? await theImport(context, importId) : await carryOut(context, call, importId);
  call.out.result(done, later ? `The workers run import ${done.id}.` : reportOf(done));
  return done.state === 'failed' ? 1 : 0;
}

/** This process runs the import, unless --no-wait. If it dies, a worker finds the import. */
const enqueueLater = (context: Context, call: CommandCall): Context['enqueue'] =>
  flag(call, 'no-wait') ? context.enqueue : () => Promise.resolve(true);

/** Imports the file of a dry run. Resolves to the exit status. */
async function runDry(context: Context, call: CommandCall, dryRunId: string): Promise<number> {
  const enqueue = enqueueLater(context, call);
  const started = await importDryRun(
    { ...context, enqueue },
    { importId: dryRunId, basis: text(call, 'basis') },
  );
  if (started.status === 'not-found') throw new CommandError('not-found', `There is no import ${dryRunId}.`);
  if (started.status === 'refused') throw new CommandError(started.code, started.detail);
  return finish(context, call, started.id);
}

/** Resolves to the exit status. */
async function importFile(
  context: Context,
  call: CommandCall,
  fileName: string,
  status: SourceStatus | undefined,
): Promise<number> {
  const newsletter = await theNewsletter(context.db, call);
  const basis = flag(call, 'dry-run') ? text(call, 'basis') : await theBasis(call, fileName === '-');
  const received = await receive(context, newsletter.id, fileName);
  const started = await startImport(
    { ...context, enqueue: enqueueLater(context, call) },
    {
      received,
      contentType: /\.(ndjson|jsonl|json)$/i.test(fileName) ? 'application/x-ndjson' : 'text/csv',
      basis,
      map: text(call, 'map'),
      fileName,
      dryRun: flag(call, 'dry-run'),
      asksAll: flag(call, 'ask-all'),
      status,
    },
  );
  if (started.status === 'refused') throw new CommandError(started.code, started.detail);
  return finish(context, call, started.id);
}

export const importCommand: Command = {
  name: 'subscribers import',
  summary:
    'Import readers from CSV or NDJSON, also of Mailchimp, listmonk, Ghost, MailPoet, Substack, Buttondown and Jetpack',
  args: '[file]',
  options: {
    ...newsletterOption,
    basis: { value: 'TEXT', help: 'legal basis for mailing these readers; recorded with each consent' },
    map: { value: 'COLUMN:FIELD,…', help: 'the field of each column whose name is unclear' },
    status: { value: 'STATUS', help: 'status of rows without one: active, unsubscribed, bounced, …' },
    'ask-all': {
      help: 'ask all unconfirmed readers to confirm, also those who signed up over seven days ago or at an unknown time',
    },
    'dry-run': { help: 'print what would happen; change nothing' },
    wait: { help: 'wait until the import is done (default)' },
    'no-wait': { help: 'let the workers of a running server do the import' },
    run: { value: 'ID', help: 'import the file of a dry run, within a day of it' },
    undo: { value: 'ID', help: 'undo an import, except for readers who have acted since' },
  },
  async run(call) {
    const [undone, dry] = [text(call, 'undo'), text(call, 'run')];
    const [file] = call.args;
    if ([undone, dry, file].filter((one) => one !== undefined).length !== 1)
      throw new UsageError('Give a FILE (- for standard input), --run ID or --undo ID.');
    if (text(call, 'basis')?.trim() === '')
      throw new UsageError(`--basis is empty. ${inEnglish(basisNeeded)}`);
    if (dry !== undefined) return withContext((context) => runDry(context, call, dry));
    if (undone !== undefined) return withContext((context) => undo(context, call, undone));
    const status = statusOption(call);
    return withContext((context) => importFile(context, call, file ?? '-', status));
  },
};
