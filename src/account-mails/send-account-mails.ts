// One outbox for the mails that ask accounts to decide, or tell them that a feed fails.
//
// 1. A feature adds a mail for each account, in the transaction that has the effect (add.ts).
// 2. The sweep of upkeep finds that mails are due, and wakes a worker.
// 3. The worker claims one mail at a time, and asks the renderer of its kind for the text. The renderer belongs
//    to the feature. If it returns no text, the mail has become pointless and is deleted.
// 4. The worker hands the mail over and records how that ended (due.ts). A deferred mail falls due again.
import type { Db } from '../db.js';
import type { Mailer, SingleMessage } from '../mail/send.js';
import type { Enqueue } from '../queues.js';
import { deciders } from './add.js';
import { accountMailEnd, claimedUntil, retryAt } from './due.js';
import {
  type AccountMailKind,
  claimMail,
  deleteMail,
  type DueMail,
  hasDueMails,
  settleMail,
} from './store.js';

/** The sender and the text of a mail. undefined: there is nothing to decide any more. */
export type RenderAccountMail = (
  mail: Pick<DueMail, 'subjectId' | 'accountId'>,
) => Promise<Pick<SingleMessage, 'from' | 'subject' | 'html' | 'text'> | undefined>;

export type AccountMailRenderers = Readonly<Record<AccountMailKind, RenderAccountMail>>;

export interface SendAccountMailsDeps {
  db: Db;
  mailer: Mailer;
  now: () => Date;
}

/** Sends the mails that are due. Returns how many the relays accepted. Any process may call it at any time. */
export async function sendAccountMails(
  deps: SendAccountMailsDeps,
  renderers: AccountMailRenderers,
): Promise<number> {
  let accepted = 0;
  for (;;) {
    const now = deps.now();
    const mail = await claimMail(deps.db, { now, until: claimedUntil(now), roles: deciders });
    if (mail === undefined) return accepted;
    if (await send(deps, mail, renderers[mail.kind])) accepted += 1;
  }
}

async function send(
  { db, mailer, now }: SendAccountMailsDeps,
  mail: DueMail,
  render: RenderAccountMail,
): Promise<boolean> {
  const content = await render(mail);
  if (content === undefined) {
    await deleteMail(db, mail.id);
    return false;
  }
  const handedOver = await mailer.send({
    origin: { kind: 'account', accountId: mail.accountId },
    to: mail.email,
    ...content,
  });
  const end = accountMailEnd(handedOver, mail.attempts);
  await settleMail(db, mail.id, { ...end, now: now(), dueAt: retryAt(now()) });
  return handedOver.outcome.outcome === 'accepted';
}

/** Wakes a worker if mails are due: also after a lost job or a dead worker. */
export async function enqueueAccountMails(deps: {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}): Promise<void> {
  if (await hasDueMails(deps.db, deps.now(), deciders))
    await deps.enqueue('issues', { kind: 'send-account-mails' });
}
