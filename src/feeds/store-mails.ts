// The outbox of mails to the accounts about feeds.
import type { Db } from '../db.js';

export type FeedMailKind = 'held' | 'gone' | 'failing';

/**
 * Everyone who may decide is to be told, unless they were told the same since `notSince`. Times are to the millisecond, so
 * that what is read here can be named again.
 */
export async function insertFeedMails(
  db: Db,
  mail: { feedId: string; kind: FeedMailKind; now: Date; notSince: Date },
): Promise<void> {
  await db.change(
    `insert into feed_mails (feed_id, account_id, kind, made_at, due_at)
     select $1::bigint, a.id, $2, $3::timestamptz, $3::timestamptz from accounts a
      where a.role in ('owner', 'editor')
        and not exists (select from feed_mails m
                         where m.feed_id = $1 and m.account_id = a.id and m.kind = $2 and m.made_at > $4)
     on conflict do nothing`,
    [mail.feedId, mail.kind, mail.now, mail.notSince],
  );
}

export interface DueMail {
  feedId: string;
  accountId: string;
  kind: FeedMailKind;
  madeAt: Date;
  attempts: number;
  email: string;
}

export async function hasDueMails(db: Db, now: Date): Promise<boolean> {
  const { due } = await db.one<{ due: boolean }>(
    `select exists (select from feed_mails
                     where sent_at is null and refused_at is null and due_at <= $1) as due`,
    [now],
  );
  return due;
}

/** Takes the mails that are due until `until`: a worker that dies leaves them to the next. */
export async function claimDueMails(db: Db, now: Date, until: Date): Promise<DueMail[]> {
  return db.query<DueMail>(
    `update feed_mails m set due_at = $2, attempts = m.attempts + 1
       from accounts a
      where a.id = m.account_id and m.sent_at is null and m.refused_at is null and m.due_at <= $1
     returning m.feed_id, m.account_id, m.kind, m.made_at, m.attempts, a.email`,
    [now, until],
  );
}

export async function settleMail(
  db: Db,
  mail: Pick<DueMail, 'feedId' | 'accountId' | 'kind' | 'madeAt'>,
  outcome: { ended: 'sent' | 'refused' | 'later'; now: Date; dueAt: Date; reply: string },
): Promise<void> {
  await db.change(
    `update feed_mails
        set sent_at = case when $5 = 'sent' then $6::timestamptz end,
            refused_at = case when $5 = 'refused' then $6::timestamptz end, due_at = $7, reply = $8
      where feed_id = $1 and account_id = $2 and kind = $3 and made_at = $4`,
    [
      mail.feedId,
      mail.accountId,
      mail.kind,
      mail.madeAt,
      outcome.ended,
      outcome.now,
      outcome.dueAt,
      outcome.reply,
    ],
  );
}

/** Deletes a mail whose reason is over. */
export async function dropMail(
  db: Db,
  mail: Pick<DueMail, 'feedId' | 'accountId' | 'kind' | 'madeAt'>,
): Promise<void> {
  await db.change(
    'delete from feed_mails where feed_id = $1 and account_id = $2 and kind = $3 and made_at = $4',
    [mail.feedId, mail.accountId, mail.kind, mail.madeAt],
  );
}
