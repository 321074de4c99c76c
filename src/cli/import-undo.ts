// subscribers import --undo: undoes an import, except for readers who have acted since.
import { setTimeout as sleep } from 'node:timers/promises';
import { recordAudit } from '../accounts/audit.js';
import { getImport, type ImportView } from '../imports/get-import.js';
import { requestUndoImport } from '../imports/undo-import.js';
import { undoImport } from '../people/undo-import.js';
import { CommandError, type CommandCall } from './command.js';
import type { Context } from './context.js';
import { number } from './import-report.js';

/** The import with this id. Throws CommandError if there is none. */
export async function theImport(context: Context, id: string): Promise<ImportView> {
  const found = await getImport(context, id);
  if (!found) throw new CommandError('not-found', `There is no import ${id}.`);
  return found;
}

function report({
  removed,
  restored,
  kept,
  ended,
  suppressionsLifted,
  suppressionsKept,
}: NonNullable<ImportView['undo']>): string[] {
  return [
    `${number(removed)} subscriptions removed, ${number(restored)} restored, ` +
      `${number(kept - ended)} kept because their readers have acted since.`,
    ...(ended > 0
      ? [`${number(ended)} unsubscribed instead of removed, because their readers have already had mail.`]
      : []),
    `${number(suppressionsLifted)} suppressions lifted, ${number(suppressionsKept)} kept.`,
  ];
}

/** Undoes the import here, or waits for a worker that has begun the undo. Resolves to the exit status. */
export async function undo(context: Context, call: CommandCall, importId: string): Promise<number> {
  const asked = await requestUndoImport({ ...context, enqueue: () => Promise.resolve(true) }, { importId });
  if (asked.status === 'not-found') throw new CommandError('not-found', `There is no import ${importId}.`);
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
        call.out.result(done, report(done.undo));
        return 0;
      }
      await sleep(300);
    }
  } finally {
    progress.end();
  }
}
