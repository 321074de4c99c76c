// Takes the mails of a folder into the inbox, and moves each to where people find it:
//
//   1. a mail that is not in the inbox yet is put there. `putFeedback` returns after the commit
//   2. the highest UID that was taken is kept, so that no later look takes it again
//   3. the mail is moved: to one folder if it is understood, else to the other. Nothing is deleted
//
// A process that dies between these steps leaves mails that are known but not moved. The first look of the next
// connection moves them.
import type { Db } from '../../db.js';
import type { Log } from '../../log.js';
import type { Secrets } from '../../secrets.js';
import { condense } from '../condense.js';
import { findOrigin, originKeys } from '../find-origin.js';
import type { IncomingFeedback } from '../put.js';
import { readMail } from '../read-mail.js';
import { isForReports } from '../report-files.js';
import type { MailFolder } from './imap-folder.js';
import { keepLastUid, startLook } from '../store-mailboxes.js';

export interface TakeFolderDeps {
  db: Db;
  log: Log;
  secrets: Secrets;
  /** Resolves after the commit. */
  put: (feedback: IncomingFeedback) => Promise<unknown>;
  stopping: () => boolean;
}

export interface Folders {
  /** Names the mailbox in its row. */
  mailbox: string;
  understood: string;
  unknown: string;
}

/** Mails that are read before the next move. Each may have a megabyte. */
const lotSize = 20;

/**
 * `all`: also the mails that an earlier look has taken and could not move. Throws when the server or the database is
 * away, and at the end when the server did not move mails.
 */
export async function takeFolder(
  deps: TakeFolderDeps,
  folder: MailFolder,
  { mailbox, understood, unknown }: Folders,
  { all }: { all: boolean },
): Promise<number> {
  const { db } = deps;
  const lastUid = await startLook(db, { mailbox, uidValidity: folder.uidValidity });
  const uids = await folder.uidsFrom(all ? 1 : lastUid + 1);
  let taken = 0;
  let notMoved: Error | undefined;
  for (let at = 0; at < uids.length && !deps.stopping(); at += lotSize) {
    const lot = uids.slice(at, at + lotSize);
    const moves = new Map<string, number[]>();
    for await (const { uid, raw } of folder.read(lot)) {
      if (uid > lastUid && raw.length > 0) {
        await deps.put({ raw, source: 'mailbox' });
        taken += 1;
      }
      const to = (await isUnderstood(deps, raw)) ? understood : unknown;
      moves.set(to, [...(moves.get(to) ?? []), uid]);
    }
    await keepLastUid(db, { mailbox, lastUid: Math.max(lastUid, ...lot) });
    for (const [to, moved] of moves)
      await folder.move(moved, to).catch((error: Error) => {
        notMoved ??= error;
      });
  }
  if (notMoved !== undefined) throw notMoved;
  return taken;
}

/** A worker reads the mail again, with the same words. It is understood if it names a mail of ours, or says what it is. */
async function isUnderstood({ log, secrets }: TakeFolderDeps, raw: Buffer): Promise<boolean> {
  try {
    const { mail, kind } = await readMail(condense(raw));
    return (
      isForReports(undefined, raw) ||
      findOrigin(originKeys(secrets), mail, undefined) !== undefined ||
      (kind !== 'none' && kind !== 'unknown')
    );
  } catch (err) {
    log.error({ err }, 'feedback: a mail of the mailbox could not be read');
    return false;
  }
}
