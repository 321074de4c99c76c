// Works through the inbox: a transaction takes some mails, so that a killed worker leaves them untouched.
//
//   1. claim the oldest mails that are due; other workers skip them
//   2. read each, and find the mail of ours that it is about. Without a token of ours it changes nothing
//   3. apply what it says: once for each delivery, kind and day
//   4. conclude the mails with their results
//   5. after the commit, judge the providers that refused a message
//
// If that fails, each mail is tried in a transaction of its own: a mail that cannot be processed delays no other.
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

/** Transactions of a worker at once: while one waits for the database, it reads the mails of another. */
const atOnce = 3;

/** More would hold the locks of many deliveries longer, and lose more work with a killed worker. */
const mailsOfTransaction = 16;

/** Works until no mail is due. */
export async function takeMails(deps: TakeMailsDeps): Promise<void> {
  const takeAll = async (): Promise<void> => {
    while (!deps.stopping() && (await takeSome(deps, mailsOfTransaction))) await deps.providers?.look();
  };
  await Promise.all(Array.from({ length: atOnce }, takeAll));
  await deps.providers?.look();
}

/** False: no mail is due. */
async function takeSome(deps: TakeMailsDeps, limit: number): Promise<boolean> {
  let claimed: store.InboxMail[] = [];
  try {
    return await deps.db.transaction(async (tx) => {
      await store.useIndexes(tx);
      claimed = await store.claimInboxMails(tx, { now: deps.now(), limit });
      await takeLot({ ...deps, db: tx }, claimed);
      return claimed.length > 0;
    });
  } catch (error) {
    const [mail, ...others] = claimed;
    if (mail === undefined) throw error;
    if (others.length > 0) {
      for (let tried = 0; tried < claimed.length; tried += 1) await takeSome(deps, 1);
      return true;
    }
    deps.log.error({ err: error, id: mail.id }, 'feedback: a mail could not be processed; it is tried again');
    await postpone(deps, mail, 'error');
    return true;
  }
}

type Opened = Pick<ReceivedFeedback, 'read' | 'origin'>;

type Concluded = store.Conclusion & { id: string };

async function takeLot(deps: TakeMailsDeps, claimed: readonly store.InboxMail[]): Promise<void> {
  const { db: tx, providers } = deps;
  const concluded: Concluded[] = [];
  const opened: { mail: store.InboxMail; received: ReceivedFeedback }[] = [];
  for (const mail of claimed) {
    const { source, receivedAt } = mail;
    if (source !== 'webhook' && isForReports(mail.recipient ?? undefined, mail.raw))
      concluded.push({ ...(await takeReport(tx, mail)), id: mail.id });
    else opened.push({ mail, received: { ...(await open(deps, mail)), source, receivedAt, providers } });
  }
  const applied = await applyFeedback(
    tx,
    opened.map(({ received }) => received),
  );
  for (const [index, { mail, received }] of opened.entries()) {
    const became = applied[index] ?? 'too-early';
    if (became === 'too-early') await postpone(deps, mail, 'not-recorded-yet');
    else concluded.push({ ...became, kind: received.read.kind, id: mail.id });
  }
  await store.concludeMails(tx, concluded);
}

async function takeReport(tx: Db, { raw, receivedAt }: store.InboxMail): Promise<store.Conclusion> {
  const taken = await takeReports(tx, { files: await reportFiles(raw), receivedAt });
  return { kind: 'report', issueId: null, subscriberId: null, ...taken };
}

const open = (deps: TakeMailsDeps, mail: store.InboxMail): Promise<Opened> =>
  mail.source === 'webhook' ? openEvent(deps, mail) : openMail(deps, mail);

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
