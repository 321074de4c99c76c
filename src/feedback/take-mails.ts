// Works through the inbox: one transaction for each mail, so that a killed worker leaves a mail untouched.
//
//   1. claim the oldest mail that is due; other workers skip it
//   2. read it, and find the mail of ours that it is about. Without a token of ours it changes nothing
//   3. apply what it says: once for each delivery, kind and day
//   4. conclude the mail with the result
//   5. after the commit, judge the providers that refused a message
//
// Mail to dmarc@ is no feedback about a reader: src/domain-reports takes its files.
//
// Nothing is answered by mail, so no loop can start.
import type { Db } from '../db.js';
import type { ProviderGuard } from '../delivery/guard-provider.js';
import { takeReports } from '../domain-reports/take-report.js';
import { minute } from '../durations.js';
import type { Log } from '../log.js';
import type { Secrets } from '../secrets.js';
import { applyFeedback, type ReceivedFeedback } from './apply.js';
import { findOrigin, originKeys } from './find-origin.js';
import { findEventOrigin } from './hooks/find-event-origin.js';
import { readEvent } from './hooks/hook-event.js';
import { judgeEvent } from './hooks/judge-event.js';
import { readMail } from './read-mail.js';
import { isForReports, reportFiles } from './report-files.js';
import * as store from './store.js';

export interface TakeMailsDeps {
  db: Db;
  log: Log;
  now: () => Date;
  secrets: Secrets;
  stopping: () => boolean;
  /** Undefined: no provider is judged. */
  providers?: ProviderGuard | undefined;
}

/** Tries of a mail: a hand-over that is not recorded yet, or a mail that we cannot process. */
const mostAttempts = 10;

/** Mails that a worker takes at once: while one waits for the database, it reads another. */
const atOnce = 3;

/** Works until no mail is due. */
export async function takeMails(deps: TakeMailsDeps): Promise<void> {
  const takeAll = async (): Promise<void> => {
    while (!deps.stopping() && (await takeNext(deps))) await deps.providers?.look();
  };
  await Promise.all(Array.from({ length: atOnce }, takeAll));
  await deps.providers?.look();
}

/** False: no mail is due. */
async function takeNext(deps: TakeMailsDeps): Promise<boolean> {
  let claimed: store.InboxMail | undefined;
  try {
    return await deps.db.transaction(async (tx) => {
      claimed = await store.claimInboxMail(tx, deps.now());
      if (claimed === undefined) return false;
      await takeMail({ ...deps, db: tx }, claimed);
      return true;
    });
  } catch (error) {
    if (claimed === undefined) throw error;
    deps.log.error(
      { err: error, id: claimed.id },
      'feedback: a mail could not be processed; it is tried again',
    );
    await postpone(deps, claimed, 'error');
    return true;
  }
}

type Opened = Pick<ReceivedFeedback, 'read' | 'origin'>;

async function takeMail(deps: TakeMailsDeps, mail: store.InboxMail): Promise<void> {
  const { db: tx, providers } = deps;
  const isEvent = mail.source === 'webhook';
  if (!isEvent && isForReports(mail.recipient ?? undefined, mail.raw)) {
    const files = await reportFiles(mail.raw);
    const taken = await takeReports(tx, { files, receivedAt: mail.receivedAt });
    return store.concludeMail(tx, mail.id, { kind: 'report', issueId: null, subscriberId: null, ...taken });
  }
  const { read, origin } = isEvent ? await openEvent(deps, mail) : await openMail(deps, mail);
  const applied = await applyFeedback(tx, {
    read,
    origin,
    source: mail.source,
    receivedAt: mail.receivedAt,
    providers,
  });
  if (applied === 'too-early') return postpone(deps, mail, 'not-recorded-yet');
  await store.concludeMail(tx, mail.id, { kind: read.kind, ...applied });
}

async function openMail({ secrets }: TakeMailsDeps, { raw, recipient }: store.InboxMail): Promise<Opened> {
  const read = await readMail(raw);
  return { read, origin: findOrigin(originKeys(secrets), read.mail, recipient ?? undefined) };
}

async function openEvent({ db, secrets }: TakeMailsDeps, { raw }: store.InboxMail): Promise<Opened> {
  const event = readEvent(raw);
  return { read: judgeEvent(event), origin: await findEventOrigin(db, originKeys(secrets), event) };
}

async function postpone(
  { db, now }: TakeMailsDeps,
  { id, attempts }: store.InboxMail,
  reason: string,
): Promise<void> {
  const dueAt = attempts + 1 < mostAttempts ? new Date(now().getTime() + (attempts + 1) * minute) : undefined;
  await store.postponeMail(db, { id, dueAt, reason });
}
