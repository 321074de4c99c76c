// subscribers import: readers from a file, of whatever service it comes, and back again.
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordAudit } from '../accounts/audit.js';
import { getImport, type ImportView } from '../imports/get-import.js';
import { genericStatuses, type SourceStatus } from '../imports/sources.js';
import { receiveImport } from '../imports/receive-import.js';
import { runImport } from '../imports/run-import.js';
import { startImport } from '../imports/start-import.js';
import { requestUndoImport } from '../imports/undo-import.js';
import { undoImport } from '../people/undo-import.js';
import { CommandError, flag, text, UsageError, type Call, type Command } from './command.js';
import { newsletterOption, theNewsletter, withContext, type Context } from './context.js';

async function* piecesOf(file: string): AsyncGenerator<Buffer> {
  try {
    const stream = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1024 * 1024 });
    for await (const piece of stream) yield Buffer.from(piece as Buffer);
  } catch (error) {
    throw new CommandError('unreadable-file', `${file} cannot be read: ${(error as Error).message}`);
  }
}

const isOver = ({ state }: ImportView): boolean => state === 'finished' || state === 'failed';

/** An import as it stands; a command that watches it can count on it. */
async function theImport(context: Context, id: string): Promise<ImportView> {
  const found = await getImport(context, id);
  if (!found) throw new CommandError('not-found', `there is no import ${id}`);
  return found;
}

/** Does the import here, or watches the worker that was quicker to take it. */
async function carryOut(context: Context, call: Call, importId: string): Promise<ImportView> {
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

const number = (count: number): string => count.toLocaleString('en-US');

function report(done: ImportView): string[] {
  const { errors, dryRun, outcomes, statuses, source, mapping, failure } = done;
  const would = dryRun ? 'would be ' : '';
  const list = (entries: Partial<Record<string, number>>) =>
    Object.entries(entries)
      .map(([name, rows]) => `${number(rows ?? 0)} ${name}`)
      .join(', ');
  const taken = mapping.filter(({ field }) => field !== 'ignore');
  const ignored = mapping.filter(({ field }) => field === 'ignore').map(({ column }) => column);
  return [
    `${source === null ? 'A file of no service that is known' : `An export of ${source}`}, ${done.format}, ${done.encoding}` +
      (done.separator === null ? '' : `, columns separated by ${JSON.stringify(done.separator)}`),
    `columns: ${taken.map(({ column, field }) => (column === field ? field : `${column} is ${field}`)).join(', ')}`,
    ...(ignored.length > 0 ? [`left out: ${ignored.join(', ')}`] : []),
    ...errors.slice(0, 20).map(({ line, reason }) => `line ${line}: ${reason}`),
    ...(done.invalid > 20 ? [`… and ${number(done.invalid - 20)} more in error`] : []),
    ...(failure === null ? [] : [failure]),
    `rows: ${list(outcomes) || 'none'}`,
    ...(Object.keys(statuses).length > 0 ? [`of the created and updated: ${list(statuses)}`] : []),
    ...(done.toConfirm > 0 ? [`${number(done.toConfirm)} will be asked by mail to confirm.`] : []),
    ...((statuses.expired ?? 0) > 0
      ? [
          'Expired are those who asked more than seven days ago and never confirmed: they are not mailed (--ask-all).',
        ]
      : []),
    `${number(done.rows)} rows: ${number(done.created)} ${would}created, ${number(done.updated)} ${would}updated, ` +
      `${number(done.skipped)} unchanged or in error.`,
    ...(dryRun || done.created + done.updated === 0
      ? []
      : [`To take it back: daily-digest subscribers import --undo ${done.id}`]),
  ];
}

async function undo(context: Context, call: Call, importId: string): Promise<number> {
  const asked = await requestUndoImport({ ...context, enqueue: () => Promise.resolve(true) }, { importId });
  if (asked.status === 'not-found') throw new CommandError('not-found', `there is no import ${importId}`);
  if (asked.status === 'refused') throw new CommandError(asked.code, asked.detail);
  if (asked.fresh)
    await recordAudit(context, {
      actor: { kind: 'cli', role: 'owner' },
      action: 'subscribers.undo-import',
      subject: `import:${importId}`,
    });
  const all = asked.import.created + asked.import.updated;
  const progress = call.out.progress('Undoing');
  try {
    await undoImport(
      {
        ...context,
        onProgress: ({ removed, restored, kept }) =>
          progress.update(Math.min(all, removed + restored + kept), all),
      },
      { importId },
    );
    for (;;) {
      const done = await theImport(context, importId);
      if (done.undo?.state === 'finished') {
        progress.update(all, all);
        const { removed, restored, kept, ended, suppressionsLifted, suppressionsKept } = done.undo;
        call.out.result(done, [
          `${number(removed)} subscriptions removed, ${number(restored)} as they were before; ` +
            `${number(kept - ended)} kept, whose readers have acted since.`,
          ...(ended > 0 ? [`${number(ended)} had been mailed already: ended, not removed.`] : []),
          `${number(suppressionsLifted)} suppressions lifted, ${number(suppressionsKept)} kept.`,
        ]);
        return 0;
      }
      await sleep(300);
    }
  } finally {
    progress.end();
  }
}

function statusOption(call: Call): SourceStatus | undefined {
  const word = text(call, 'status');
  if (word === undefined) return undefined;
  const status = Object.hasOwn(genericStatuses, word) ? genericStatuses[word] : undefined;
  if (status === undefined || status === 'expired')
    throw new UsageError(
      `--status is "${word}", but wants active, pending, unsubscribed, suppressed, bounced or complained`,
    );
  return status;
}

async function receive(context: Context, newsletterId: string, file: string) {
  const kept = await receiveImport(context, { newsletterId, body: piecesOf(file) });
  if (kept.status === 'too-large') throw new CommandError(kept.status, kept.detail);
  if (kept.status === 'unknown-newsletter') throw new CommandError('not-found', 'the newsletter is gone');
  return kept.received;
}

export const importCommand: Command = {
  name: 'subscribers import',
  summary:
    'Import readers from CSV or NDJSON, our own or that of Mailchimp, listmonk, Ghost, MailPoet, Substack, Buttondown or Jetpack; - reads standard input',
  args: { usage: 'FILE', min: 0, max: 1 },
  options: {
    ...newsletterOption,
    basis: { value: 'TEXT', help: 'why these people may be mailed; recorded with each consent' },
    map: { value: 'COLUMN:FIELD,…', help: 'what columns are, where their names do not tell' },
    status: { value: 'STATUS', help: 'of rows that do not say: active, unsubscribed, bounced, …' },
    'ask-all': {
      help: 'ask every unconfirmed reader to confirm, also who asked more than seven days ago or nobody knows when',
    },
    'dry-run': { help: 'only say what would happen' },
    wait: { help: 'until it is done: the usual' },
    'no-wait': { help: 'leave it to the workers of a running server' },
    undo: { value: 'ID', help: 'take an import back, but for readers who have acted since' },
  },
  async run(call) {
    const undone = text(call, 'undo');
    const [file] = call.args;
    if ((undone === undefined) === (file === undefined))
      throw new UsageError('subscribers import needs FILE, or --undo ID');
    if (undone !== undefined) return withContext((context) => undo(context, call, undone));
    const name = file ?? '-';
    const status = statusOption(call);
    return withContext(async (context) => {
      const newsletter = await theNewsletter(context.db, call);
      const received = await receive(context, newsletter.id, name);
      const later = flag(call, 'no-wait');
      const started = await startImport(
        // Done here and now, unless it is not to be; a worker finds it again if this process dies.
        { ...context, enqueue: later ? context.enqueue : () => Promise.resolve(true) },
        {
          received,
          contentType: /\.(ndjson|jsonl|json)$/i.test(name) ? 'application/x-ndjson' : 'text/csv',
          basis: text(call, 'basis'),
          map: text(call, 'map'),
          fileName: name,
          dryRun: flag(call, 'dry-run'),
          asksAll: flag(call, 'ask-all'),
          status,
        },
      );
      if (started.status === 'refused') throw new CommandError(started.code, started.detail);
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'subscribers.import',
        subject: `import:${started.id}`,
      });
      const done = later ? await theImport(context, started.id) : await carryOut(context, call, started.id);
      call.out.result(done, later ? `import ${done.id} is left to the workers` : report(done));
      return done.state === 'failed' ? 1 : 0;
    });
  },
};
