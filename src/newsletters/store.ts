// The newsletters' rows.
import type { Db } from '../db.js';
import { defaultSchedule } from './schedule.js';
import { defaultForm } from './form-settings.js';
import { changeLook, defaultLook } from './look.js';
import type { ReadingTimeRow } from './due-slots.js';
import type { Newsletter, NewsletterValues } from './schema.js';
import { defaultConfirmationMail, defaultWelcomeMail } from './own-mails.js';
import { defaultSelection, noWords } from './selection.js';

type Row = Omit<Newsletter, 'from'> & { fromName: string; fromAddress: string };

/** A newsletter that cannot send yet is not offered to readers, whatever its publisher wants. */
const hasPosts = `(exists (select from feeds f where f.newsletter_id = newsletters.id)
   or exists (select from posts p where p.newsletter_id = newsletters.id))`;

const columns = `id, slug, name, site_url, privacy_url, from_name, from_address, reply_to, postal_address, timezone, language,
  schedule, subject, content, topics, custom_fields, confirm, tracking, archive, challenge, selection, words, look,
  form, confirmation_mail, welcome_mail, (listed and postal_address is not null and ${hasPosts}) as listed, created_at, updated_at`;

function fromRow({ fromName, fromAddress, ...row }: Row): Newsletter {
  return {
    ...row,
    from: { name: fromName, address: fromAddress },
    // A newsletter from before a setting existed has its default.
    schedule: { ...defaultSchedule, ...row.schedule },
    selection: { ...defaultSelection, ...row.selection },
    words: { ...noWords, ...row.words },
    form: { ...defaultForm, ...row.form },
    confirmationMail: { ...defaultConfirmationMail, ...row.confirmationMail },
    welcomeMail: { ...defaultWelcomeMail, ...row.welcomeMail },
    look: changeLook(defaultLook, row.look),
  };
}

const values = ({ listed, ...newsletter }: NewWish) => [
  newsletter.slug,
  newsletter.name,
  newsletter.siteUrl,
  newsletter.from.name,
  newsletter.from.address,
  newsletter.replyTo,
  newsletter.postalAddress,
  newsletter.timezone,
  newsletter.language,
  JSON.stringify(newsletter.schedule),
  newsletter.subject,
  newsletter.content,
  newsletter.topics,
  newsletter.confirm,
  newsletter.tracking,
  newsletter.archive,
  JSON.stringify(newsletter.customFields),
  JSON.stringify(newsletter.selection),
  JSON.stringify(newsletter.words),
  JSON.stringify(newsletter.look),
  newsletter.challenge,
  JSON.stringify(newsletter.form),
  JSON.stringify(newsletter.confirmationMail),
  JSON.stringify(newsletter.welcomeMail),
  newsletter.privacyUrl,
  // Undefined keeps the publisher's wish. The value that was read is something else: see `columns`.
  listed ?? null,
];

type NewWish = Omit<NewsletterValues, 'listed'> & { listed: boolean | undefined };

/** The new newsletter, or undefined if its slug is taken. No issue is planned for slots before `now`. */
export async function insertNewsletter(
  db: Db,
  newsletter: NewWish,
  now: Date,
): Promise<Newsletter | undefined> {
  const row = await db.maybeOne<Row>(
    `insert into newsletters (slug, name, site_url, from_name, from_address, reply_to, postal_address, timezone,
       language, schedule, subject, content, topics, confirm, tracking, archive,
       custom_fields, selection, words, look, challenge, form, confirmation_mail,
       welcome_mail, privacy_url, listed, planned_through)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
       $25, coalesce($26, true), $27)
     on conflict (slug) do nothing
     returning ${columns}`,
    [...values(newsletter), now],
  );
  return row && fromRow(row);
}

/** The domains that newsletters are sent from, each once. */
export async function selectSenderDomains(db: Db): Promise<string[]> {
  const rows = await db.query<{ domain: string }>(
    `select distinct lower(split_part(from_address, '@', 2)) as domain from newsletters order by 1`,
  );
  return rows.map(({ domain }) => domain);
}

/** The sender of the first newsletter that is sent from the domain, or from one below it. */
export async function selectSenderOf(db: Db, domain: string): Promise<Newsletter['from'] | undefined> {
  return db.maybeOne(
    `select from_name as name, from_address as address from newsletters
     where lower(split_part(from_address, '@', 2)) = $1 or lower(from_address) like '%.' || $1
     order by id limit 1`,
    [domain],
  );
}

/** Locks the row until the transaction ends, so that two changes do not overwrite each other. */
export async function lockNewsletter(tx: Db, id: string): Promise<Newsletter | undefined> {
  const row = await tx.maybeOne<Row>(`select ${columns} from newsletters where id = $1 for update`, [id]);
  return row && fromRow(row);
}

export async function slugIsTaken(db: Db, slug: string, exceptId: string): Promise<boolean> {
  const rows = await db.query('select 1 from newsletters where slug = $1 and id <> $2', [slug, exceptId]);
  return rows.length > 0;
}

export async function replaceNewsletter(tx: Db, id: string, newsletter: NewWish): Promise<Newsletter> {
  return fromRow(
    await tx.one<Row>(
      `update newsletters set slug = $1, name = $2, site_url = $3, from_name = $4, from_address = $5, reply_to = $6,
         postal_address = $7, timezone = $8, language = $9, schedule = $10, subject = $11, content = $12, topics = $13,
         confirm = $14, tracking = $15, archive = $16, custom_fields = $17, selection = $18, words = $19, look = $20,
         challenge = $21, form = $22, confirmation_mail = $23, welcome_mail = $24,
         privacy_url = $25, listed = coalesce($26, listed), updated_at = now()
       where id = $27
       returning ${columns}`,
      [...values(newsletter), id],
    ),
  );
}

export async function selectNewsletter(
  db: Db,
  by: 'id' | 'slug',
  value: string,
): Promise<Newsletter | undefined> {
  const row = await db.maybeOne<Row>(`select ${columns} from newsletters where ${by} = $1`, [value]);
  return row && fromRow(row);
}

export async function selectNewslettersBySlug(db: Db, slugs: readonly string[]): Promise<Newsletter[]> {
  const rows = await db.query<Row>(`select ${columns} from newsletters where slug = any($1)`, [slugs]);
  return rows.map(fromRow);
}

/** In the order of their creation, after the id `after`. `ids` null: all. */
export async function selectNewsletters(
  db: Db,
  { after, limit, ids }: { after: string; limit: number; ids: readonly string[] | null },
): Promise<Newsletter[]> {
  const rows = await db.query<Row>(
    `select ${columns} from newsletters
     where id > $1 and ($3::bigint[] is null or id = any ($3::bigint[])) order by id limit $2`,
    [after, limit, ids],
  );
  return rows.map(fromRow);
}

export interface PlannedRow {
  newsletter: Newsletter;
  /** Slots up to this time have been looked at. */
  plannedThrough: Date;
  /** The times of active readers who chose one. */
  readingTimes: ReadingTimeRow[];
}

/** Every newsletter with its reading times, in one statement. */
export async function selectPlanned(db: Db): Promise<PlannedRow[]> {
  const rows = await db.query<Row & { plannedThrough: Date; readingTimes: ReadingTimeRow[] }>(
    `select ${columns}, planned_through, coalesce((
         select json_agg(json_build_object('id', t.id::text, 'frequency', t.frequency, 'sendTime', t.send_time,
           'weekday', t.weekday, 'timezone', t.timezone))
         from reading_times t
         where t.newsletter_id = newsletters.id and exists (select from subscriptions s
           where s.reading_time_id = t.id and s.confirmed_at is not null and s.unsubscribed_at is null)
       ), '[]') as reading_times
     from newsletters order by id`,
  );
  return rows.map(({ plannedThrough, readingTimes, ...row }) => ({
    newsletter: fromRow(row as Row),
    plannedThrough,
    readingTimes,
  }));
}

/** Offered to readers, in the order of their creation. */
export async function selectListed(db: Db, limit: number): Promise<Newsletter[]> {
  const rows = await db.query<Row>(
    `select ${columns} from newsletters
     where listed and postal_address is not null and ${hasPosts} order by id limit $1`,
    [limit],
  );
  return rows.map(fromRow);
}

/** What decides whether a newsletter is offered to readers. */
export interface Offering {
  /** The publisher's wish. */
  wanted: boolean;
  hasAddress: boolean;
  hasPosts: boolean;
}

export function selectListing(db: Db, id: string): Promise<Offering> {
  return db.one<Offering>(
    `select listed as wanted, postal_address is not null as has_address, ${hasPosts} as has_posts
     from newsletters where id = $1`,
    [id],
  );
}

export async function hasUnfinishedIssue(db: Db, id: string): Promise<boolean> {
  const rows = await db.query(
    `select 1 from issues
     where newsletter_id = $1 and finished_at is null and cancelled_at is null and skipped_at is null limit 1`,
    [id],
  );
  return rows.length > 0;
}

export async function removeNewsletter(tx: Db, id: string): Promise<void> {
  await tx.query('delete from newsletters where id = $1', [id]);
}
