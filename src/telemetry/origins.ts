// Links between traces. Between a confirmation mail and the click, or between a poll and the issue, lie hours or days:
// too long for one trace. The later trace links to the span that the earlier one noted here.
//
// Only where traces are exported is anything read or written. Nothing depends on it, so an error is ignored.
import { day } from '../durations.js';
import type { Db } from '../db.js';
import { deleteOrigins, selectOrigins, upsertOrigins } from './store.js';
import { currentTraceparent, isRecorded, linkCurrentSpan } from './trace.js';

/** What spans of several traces are about. */
type TraceSubject = 'post' | 'issue' | 'subscription';

/** A confirmation link works for less long. */
const keptFor = 30 * day;
const forgottenAtOnce = 1_000;

/** Notes the current span, for later traces about the same rows. Not within a transaction, which an error would end. */
export async function rememberOrigin(
  { db, now }: { db: Db; now: () => Date },
  subject: TraceSubject,
  ids: readonly string[],
): Promise<void> {
  const traceparent = currentTraceparent();
  if (traceparent === undefined || !isRecorded(traceparent) || ids.length === 0) return;
  await upsertOrigins(db, { subject, ids, traceparent, at: now() }).catch(() => undefined);
}

/** Links the current span to the spans that were noted for these ids. */
export async function linkOrigins(
  { db }: { db: Db },
  subject: TraceSubject,
  ids: readonly string[],
): Promise<void> {
  const traceparent = currentTraceparent();
  if (traceparent === undefined || !isRecorded(traceparent) || ids.length === 0) return;
  linkCurrentSpan(await selectOrigins(db, subject, ids).catch(() => []));
}

/** Deletes notes that are older than any link needs. Returns how many. */
export function forgetTraceOrigins({ db, now }: { db: Db; now: () => Date }): Promise<number> {
  return deleteOrigins(db, { before: new Date(now().getTime() - keptFor), limit: forgottenAtOnce });
}
