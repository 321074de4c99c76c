// Addresses that must not be mailed, and why. They are stored under a keyed hash, which outlives the address.
import type { Message } from '../languages/messages.js';
import { inEnglish } from '../languages/translate.js';
import type { Db } from '../db.js';
import { defaultLimit, pageOf, type Page } from '../paging.js';
import type { Secrets } from '../secrets.js';
import { addressHash, parseAddress } from './address.js';
import { subscriptionStatus } from './status.js';
import * as store from './store.js';
import { recordConsent, selectConsents, selectSubscriptionsOf } from './subscriptions.js';

export interface SuppressionView {
  /** The hash, base64url. */
  id: string;
  reason: string;
  /** What happened, in English, or a person's note. */
  detail: string | null;
  createdAt: Date;
  /** Known only while the subscriber exists. */
  email: string | null;
}

interface Deps {
  db: Db;
  secrets: Secrets;
  now: () => Date;
}

const view = ({
  addressHash: hash,
  reason,
  detail,
  evidence,
  createdAt,
  email,
}: store.SuppressionRow): SuppressionView => ({
  id: hash.toString('base64url'),
  reason,
  detail:
    evidence === null ? detail : inEnglish(evidence.said) + (evidence.reply ? `: ${evidence.reply}` : ''),
  createdAt,
  email,
});

/** Why an address is suppressed. */
export interface Evidence {
  issueId: string;
  what: Message;
  /** At the hand-over. */
  relay?: string | undefined;
  /** The words of a server. */
  reply: string | null;
}

/** Addresses in a reply are blotted out, because a suppression outlives the erasure of its person. */
async function stored<T extends { evidence: Evidence }>(
  tx: Db,
  all: readonly T[],
): Promise<(Omit<T, 'evidence'> & { detail: string; evidence: store.StoredEvidence })[]> {
  const issueIds = all.map(({ evidence }) => evidence.issueId);
  const numbers = await store.selectIssueNumbers(tx, [...new Set(issueIds)]);
  return all.map(({ evidence: { issueId, what, relay, reply: words }, ...rest }) => {
    const reply = words === null || words === '' ? null : withoutAddresses(words);
    const issue = String(numbers.get(issueId) ?? issueId);
    const said: Message =
      relay === undefined
        ? { key: 'delivery.evidenceOf', args: { issue, what } }
        : { key: 'delivery.evidenceAt', args: { issue, relay, what } };
    return { ...rest, detail: `issue ${issueId}: ${reply ?? ''}`, evidence: { said, reply } };
  });
}

/** A complete hash, or undefined. */
function readHash(id: string): Buffer | undefined {
  const hash = Buffer.from(id, 'base64url');
  return hash.length === 32 && hash.toString('base64url') === id ? hash : undefined;
}

export type AddSuppressionResult =
  /** `created` is false if the address was suppressed before; it keeps its first reason. */
  | { ok: true; created: boolean; suppression: SuppressionView }
  | { ok: false; code: 'invalid-address'; detail: string };

/** Suppresses an address for good; queued mail to it is not handed over. */
export async function addSuppression(
  { db, secrets, now }: Deps,
  {
    email,
    reason = 'manual',
    detail,
  }: { email: string; reason?: 'manual' | undefined; detail?: string | undefined },
): Promise<AddSuppressionResult> {
  const address = parseAddress(email);
  if (!address.ok) return { ok: false, code: 'invalid-address', detail: inEnglish(address.reason) };
  const hash = addressHash(secrets.derive('address-hash'), address.key);
  const { row, created } = await store.insertSuppression(db, { hash, reason, detail, now: now() });
  return { ok: true, created, suppression: view(row) };
}

/** Suppresses readers whose address does not exist, in the caller's transaction. */
export async function suppressBounced(
  tx: Db,
  bounced: readonly { subscriberId: string; evidence: Evidence }[],
): Promise<void> {
  if (bounced.length > 0) await store.insertBounces(tx, await stored(tx, bounced));
}

/** Those of these subscribers whose address may be mailed. */
export const mailableAmong = (db: Db, subscriberIds: readonly string[]): Promise<string[]> =>
  store.selectMailable(db, subscriberIds);

const withoutAddresses = (evidence: string): string =>
  evidence.replaceAll(/<[^>]*>|[^\s<>"']+@[^\s<>"']+/g, '<…>');

/**
 * Suppresses a reader who complained, for good, and records that with each active subscription, in the caller's
 * transaction.
 */
export async function suppressComplained(
  tx: Db,
  { subscriberId, evidence, at }: { subscriberId: string; evidence: Evidence; at: Date },
): Promise<void> {
  for (const one of await selectSubscriptionsOf(tx, subscriberId))
    if (subscriptionStatus({ ...one, suppressed: false }) === 'active')
      await recordConsent(tx, { subscriptionId: one.id, event: 'complained', at, via: 'mail' });
  for (const one of await stored(tx, [{ subscriberId, evidence }])) await store.insertComplaint(tx, one);
}

/** Lifts a suppression that a bounce made, after the reader confirmed by mail. False: there was none. */
export async function liftBounce(tx: Db, subscriberId: string | undefined): Promise<boolean> {
  return subscriberId !== undefined && store.deleteBounce(tx, subscriberId);
}

/** When the reader's own confirmation last lifted a suppression; undefined: never. */
export async function lastLiftedByReader(db: Db, subscriberId: string): Promise<Date | undefined> {
  const consents = await selectConsents(db, subscriberId);
  return consents.findLast(({ detail }) => detail !== null && 'liftedSuppression' in detail)?.at;
}

/** All suppressions; with `email`, only that of the address. */
export async function listSuppressions(
  { db, secrets }: Pick<Deps, 'db' | 'secrets'>,
  {
    email,
    cursor,
    limit = defaultLimit,
  }: { email?: string | undefined; cursor?: string | undefined; limit?: number },
): Promise<Page<SuppressionView>> {
  const address = email === undefined ? undefined : parseAddress(email);
  if (address && !address.ok) return { data: [], nextCursor: null };
  const hash = address && addressHash(secrets.derive('address-hash'), address.key);
  const after = readHash(cursor ?? '') ?? Buffer.alloc(0);
  const rows = await store.selectSuppressions(db, { hash, after, limit: limit + 1 });
  return pageOf(rows.map(view), limit);
}

export interface LatestSuppression extends SuppressionView {
  subscriberId: string | null;
  /** Null: `detail` is a person's note, or was written before evidence was kept. */
  evidence: store.StoredEvidence | null;
}

/** Those that only an owner may lift, with a note. */
export const isForGood = (reason: string): boolean => reason === 'complaint' || reason === 'erasure';

/** The newest first; with `email`, only that of the address. */
export async function latestSuppressions(
  { db, secrets }: Pick<Deps, 'db' | 'secrets'>,
  {
    email,
    reason,
    cursor = '',
    limit,
  }: { email?: string | undefined; reason?: string | undefined; cursor?: string | undefined; limit: number },
): Promise<Page<LatestSuppression>> {
  const address = email === undefined ? undefined : parseAddress(email);
  if (address && !address.ok) return { data: [], nextCursor: null };
  const rows = await store.selectLatestSuppressions(db, {
    hash: address && addressHash(secrets.derive('address-hash'), address.key),
    reason,
    before: readPlace(cursor),
    limit: limit + 1,
  });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    data: rows
      .slice(0, limit)
      .map((row) => ({ ...view(row), subscriberId: row.subscriberId, evidence: row.evidence })),
    nextCursor: last ? `${last.exactly}~${last.addressHash.toString('base64url')}` : null,
  };
}

/** Where the page before ended. */
function readPlace(cursor: string): { exactly: string; hash: Buffer } | undefined {
  const [exactly = '', id = ''] = cursor.split('~');
  const hash = readHash(id);
  return hash && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/.test(exactly)
    ? { exactly, hash }
    : undefined;
}

export async function getSuppression(
  { db }: Pick<Deps, 'db'>,
  { id }: { id: string },
): Promise<SuppressionView | undefined> {
  const hash = readHash(id);
  const [row] = hash ? await store.selectSuppressions(db, { hash, after: Buffer.alloc(0), limit: 1 }) : [];
  return row && view(row);
}

export type LiftResult =
  | 'lifted'
  | 'not-found'
  /** The reader complained or was erased: only an owner may lift it. */
  | 'owner-only'
  /** The same, and the owner gives no reason. */
  | 'note-missing';

/** Lifts a suppression; subscriptions are again as they were. The caller writes `note` to the audit log. */
export async function liftSuppression(
  { db }: { db: Db },
  { id, isOwner, note }: { id: string; isOwner: boolean; note: string | undefined },
): Promise<LiftResult> {
  const hash = readHash(id);
  if (hash === undefined) return 'not-found';
  const hasNote = (note ?? '').trim() !== '';
  if (await store.deleteSuppression(db, hash, { alsoForGood: isOwner && hasNote })) return 'lifted';
  if (!(await getSuppression({ db }, { id }))) return 'not-found';
  return isOwner ? 'note-missing' : 'owner-only';
}
