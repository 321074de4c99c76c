import type { Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Enqueue } from '../queues.js';
import { openImport } from './import-rows.js';
import * as store from './store-import.js';

/** Bytes: about half a million readers. A larger file is imported in parts. */
export const maxImportBytes = 32 * 1024 * 1024;

export interface StartImportInput {
  newsletterId: string;
  body: Buffer;
  /** text/csv (columns email, name, status), or anything with "json" in it for NDJSON. */
  contentType: string;
  /** Why these people may be mailed, in the publisher's words; goes into every consent record. */
  basis?: string | undefined;
  /** Only count what would change. */
  dryRun?: boolean | undefined;
}

export type StartImportResult =
  | { status: 'accepted'; id: string }
  | { status: 'unknown-newsletter' }
  | { status: 'refused'; code: 'too-large' | 'no-email-column'; detail: string };

/** Takes an import in; a worker does it. The rows themselves are judged then, each by itself. */
export async function startImport(
  { db, enqueue, now }: { db: Db; enqueue: Enqueue; now: () => Date },
  { newsletterId, body, contentType, basis = '', dryRun = false }: StartImportInput,
): Promise<StartImportResult> {
  if (!(await getNewsletter(db, newsletterId))) return { status: 'unknown-newsletter' };
  if (body.length > maxImportBytes)
    return { status: 'refused', code: 'too-large', detail: 'An import has 32 MB at most.' };
  const opened = openImport(body, contentType);
  if (!opened.ok) return { status: 'refused', code: 'no-email-column', detail: opened.reason };
  const id = await store.insertImport(db, {
    newsletterId,
    body,
    contentType,
    dryRun,
    basis: basis.trim().slice(0, 2000) || 'not stated',
    lines: opened.lines,
    now: now(),
  });
  await enqueue('subscriptions', { kind: 'import', importId: id });
  return { status: 'accepted', id };
}
