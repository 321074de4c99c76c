import type { Db } from '../db.js';
import type { Message } from '../languages/messages.js';
import { inEnglish } from '../languages/translate.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Enqueue } from '../queues.js';
import { readLayout, readMap, type LayoutProblem } from './layout.js';
import { columnKey, genericStatuses, type SourceStatus } from './sources.js';
import { discardReceived, type ReceivedImport } from './receive-import.js';
import * as store from './store.js';

/** The layout must be readable from this many bytes. */
const headBytes = 256 * 1024;

export interface StartImportInput {
  received: ReceivedImport;
  /** text/csv, or anything with "json" in it for NDJSON. */
  contentType: string;
  /** Why these people may be mailed; it goes into every consent record. Undefined: the caller was not asked. */
  basis?: string | undefined;
  /** Only report what would happen. */
  dryRun?: boolean | undefined;
  /** The meaning of columns that the file does not reveal: `column:target,…` (layout.ts). */
  map?: string | undefined;
  /** The status of rows without one. */
  status?: SourceStatus | undefined;
  /** Ask every unconfirmed reader to confirm, also those who asked long ago or at an unknown time. */
  asksAll?: boolean | undefined;
  /** The file's name: Mailchimp's names say which readers it holds. */
  fileName?: string | undefined;
}

export type StartImportResult =
  | { status: 'accepted'; id: string }
  | {
      status: 'refused';
      code: LayoutProblem | 'never-subscribed' | 'no-basis';
      /** In English. */
      detail: string;
      reason: Message;
    };

export const basisNeeded: Message = { key: 'imports.basisNeeded' };

export const cutBasis = (basis = ''): string => basis.trim().slice(0, 2000);

// Mailchimp's names: subscribed_members_export_…, unsubscribed_email_audience_export_…
const mailchimpFile = /(?:^|[/\\])(subscribed|unsubscribed|nonsubscribed|cleaned)_[\w-]*export/i;

/** Columns may have a field's name or its label. */
async function fieldsOf(db: Db, newsletterId: string): Promise<Record<string, string>> {
  const fields = (await getNewsletter(db, newsletterId))?.customFields ?? [];
  return Object.fromEntries(
    fields.flatMap(({ name, label }) => [label, name].map((column) => [columnKey(column), name])),
  );
}

/** Turns a received body into an import and enqueues it. The worker judges each row. */
export async function startImport(
  { db, enqueue, now }: { db: Db; enqueue: Enqueue; now: () => Date },
  input: StartImportInput,
): Promise<StartImportResult> {
  const { received, contentType, basis, dryRun = false } = input;
  const refuse = async (
    code: Extract<StartImportResult, { status: 'refused' }>['code'],
    reason: Message,
  ): Promise<StartImportResult> => {
    await discardReceived({ db }, received.id);
    return { status: 'refused', code, detail: inEnglish(reason), reason };
  };
  const kind = mailchimpFile.exec(input.fileName ?? '')?.[1]?.toLowerCase() ?? '';
  if (kind === 'nonsubscribed' && input.status === undefined)
    return refuse('never-subscribed', { key: 'imports.neverSubscribed' });
  if (!dryRun && basis?.trim() === '') return refuse('no-basis', basisNeeded);
  const map = readMap(input.map ?? '');
  if (!map.ok) return refuse('invalid-map', map.reason);
  const head = await store.headOf(db, received.id);
  const layout = readLayout(head.subarray(0, headBytes).toString('latin1'), contentType, {
    map: map.map,
    fields: await fieldsOf(db, received.newsletterId),
    asksAll: input.asksAll ?? false,
    status: input.status ?? (kind === '' || kind === 'subscribed' ? undefined : genericStatuses[kind]),
  });
  if (!layout.ok) return refuse(layout.code, layout.reason);
  const { id, encoding, bytes, lines } = received;
  const queued = await store.queueImport(db, id, {
    contentType,
    basis: cutBasis(basis) || (dryRun ? '' : 'not stated'),
    dryRun,
    layout: layout.layout,
    encoding,
    bytes,
    lines,
    now: now(),
  });
  if (!queued) throw new Error('a received import is gone');
  await enqueue('imports', { kind: 'import', importId: id });
  return { status: 'accepted', id };
}
