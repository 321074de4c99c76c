// The one door for what comes back. Each way in (command, listener, mailbox, webhook) calls `putFeedback` with the
// bytes, and may say "taken" once it returns: the mail is committed.
import { createHash } from 'node:crypto';
import type { Db } from '../db.js';
import type { Enqueue } from '../queues.js';
import { condense } from './condense.js';
import { isForReports, mostOfReport } from './report-files.js';
import { hasMail, insertEvents, insertMail } from './store.js';

export type FeedbackSource = 'command' | 'listener' | 'mailbox';

export interface IncomingFeedback {
  raw: Buffer;
  source: FeedbackSource;
  /** Of the envelope, if the way in knows it. */
  recipient?: string | undefined;
}

export interface PutDeps {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}

/** Mail has come in lately: retention keeps it for two weeks. */
export const hasTakenMail = (db: Db): Promise<boolean> => hasMail(db);

/** `known`: the same mail came in before, and nothing is done. Throws if the database is away. */
export async function putFeedback(
  { db, enqueue, now }: PutDeps,
  { raw, source, recipient }: IncomingFeedback,
): Promise<'taken' | 'known'> {
  const sha256 = createHash('sha256')
    .update(recipient ?? '')
    .update('\0')
    .update(raw)
    .digest();
  // PostgreSQL's text holds no zero octet.
  const named = recipient?.replaceAll('\0', '').slice(0, 320) ?? null;
  const kept = isForReports(recipient, raw) ? raw.subarray(0, mostOfReport) : condense(raw);
  const isNew = await insertMail(db, { source, sha256, recipient: named, raw: kept, now: now() });
  if (isNew) await enqueue('feedback', { kind: 'take' });
  return isNew ? 'taken' : 'known';
}

/** An event of a webhook. `key`: its id at the provider; undefined: the content is its id. */
export interface IncomingEvent {
  raw: Buffer;
  key: string | undefined;
}

/** Stores the events of one call, all or none. Those that came in before change nothing. */
export async function putEvents(
  { db, enqueue, now }: PutDeps,
  events: readonly IncomingEvent[],
): Promise<void> {
  const mails = events.map(({ raw, key }) => ({
    raw,
    sha256: createHash('sha256')
      .update('webhook\0')
      .update(key ?? raw)
      .digest(),
  }));
  const stored = mails.length === 0 ? 0 : await insertEvents(db, mails, now());
  if (stored > 0) await enqueue('feedback', { kind: 'take' });
}
