// What the journal of a dead worker says about the deliveries that it had claimed.
//
//   not begun   no line: no byte of the text went out, so the delivery can be queued again
//   answered    the line has the end, which the database does not have yet
//   in flight   begun without an answer: the relay may have the message, so the delivery is uncertain
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { bootId, markOf } from './folder.js';

/** One try to hand over one delivery. */
export interface Attempt {
  issueId: string;
  subscriberId: string;
  attempt: number;
}

/** What is recorded of a delivery after its hand-over. */
const ended = z.object({
  issueId: z.string(),
  subscriberId: z.string(),
  state: z.enum(['accepted', 'deferred', 'refused', 'uncertain', 'queued']),
  attempt: z.number(),
  dueAt: z.coerce.date().nullable(),
  relay: z.string(),
  stage: z.string(),
  code: z.number().nullable(),
  reply: z.string().nullable(),
  reason: z.string().nullable(),
});
export type JournalEnd = z.infer<typeof ended>;

const attempt = ended.pick({ issueId: true, subscriberId: true, attempt: true });
const mark = z.object({ instance: z.uuid(), boot: z.string() });

export interface JournalContents {
  inFlight: Attempt[];
  ended: JournalEnd[];
}

export const markText = (written: z.infer<typeof mark>): string => `${JSON.stringify(written)}\n`;
export const beganLine = ({ issueId, subscriberId, attempt: number }: Attempt): string =>
  `{"began":{"issueId":"${issueId}","subscriberId":"${subscriberId}","attempt":${number}}}\n`;
export const endedLine = (end: JournalEnd): string => `${JSON.stringify({ ended: end })}\n`;

const line = z.union([
  z.strictObject({ began: attempt }).transform(({ began }) => ({ is: 'began' as const, ...began })),
  z.strictObject({ ended }).transform((read) => ({ is: 'ended' as const, end: read.ended })),
]);

const keyOf = (of: Attempt): string => `${of.issueId} ${of.subscriberId} ${of.attempt}`;

/** The process that wrote this journal; undefined if the mark is missing or unreadable. */
export function readMark(folder: string): z.infer<typeof mark> | undefined {
  try {
    return mark.parse(JSON.parse(readFileSync(markOf(folder), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Reads a journal; undefined if it proves nothing: it is torn, or the machine was restarted since. */
export function readJournal(folder: string): JournalContents | undefined {
  const written = readMark(folder);
  if (written === undefined || written.boot !== bootId()) return undefined;
  const files = readdirSync(folder).filter((name) => name.endsWith('.lot'));
  try {
    return parseJournal(files.map((name) => readFileSync(path.join(folder, name), 'utf8')).join(''));
  } catch {
    return undefined;
  }
}

/** Reads the lines of one or more lots. Throws if a line is torn. */
export function parseJournal(text: string): JournalContents {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line is torn');
  const inFlight = new Map<string, Attempt>();
  const ends = new Map<string, JournalEnd>();
  for (const each of text.split('\n').slice(0, -1)) {
    const read = line.parse(JSON.parse(each));
    if (read.is === 'began') {
      const { issueId, subscriberId, attempt: number } = read;
      inFlight.set(keyOf(read), { issueId, subscriberId, attempt: number });
    } else {
      inFlight.delete(keyOf(read.end));
      ends.set(keyOf(read.end), read.end);
    }
  }
  return { inFlight: [...inFlight.values()], ended: [...ends.values()] };
}
