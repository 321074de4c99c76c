// The problems of an issue, grouped by what the server replied: "60 × 550 5.1.1 user unknown".
//
// Replies differ in addresses and numbers, so no index has their groups. The grouping reads the first thousand
// deliveries of each state, however many there are, and the page says so.
import { createHash } from 'node:crypto';
import type { Db } from '../../db.js';
import { selectTroubled, type TroubledRow } from '../ledger.js';
import { classify, wordingOf } from '../../mail/classify.js';
import { keepToIndexes } from '../../postgres/keep-to-indexes.js';
import { mailableAmong } from '../../subscribers/suppressions.js';
import { cutAtWord } from '../../text/cut-text.js';

/** Of each state. */
export const problemsRead = 1_000;
const longestReply = 200;

export interface ReplyProblem {
  /** Stable while the reply stays the same: for links. */
  key: string;
  state: TroubledRow['state'];
  /** The reply without addresses, or null. */
  reply: string | null;
  /** Why there is no reply: 'expired', 'restored', … */
  reason: string | null;
  readers: number;
  /** The earliest next attempt. */
  dueAt: Date | null;
  /** The readers to whom the issue may be sent again. */
  resendTo: string[];
  /** The readers whose address does not exist by the reply, and who are not suppressed. */
  suppressible: string[];
  /** True: the reply says that the address does not exist, and each of them is suppressed. */
  suppressed: boolean;
}

/** "550 5.1.1 User unknown": one line without addresses. */
export function replyWithoutAddresses(reply: string): string {
  const said = reply.replaceAll(/\s*(?:<[^>]*>|[^\s<>"']+@[^\s<>"']+)[:,]?/g, '').replaceAll(/\s+/g, ' ');
  return cutAtWord(said.trim(), longestReply);
}

function replyOf({ replyCode, reply }: TroubledRow): string | null {
  if (reply === null) return null;
  return replyCode === null || reply.startsWith(String(replyCode)) ? reply : `${replyCode} ${reply}`;
}

const wordsOf = (row: TroubledRow, reply: string | null): string =>
  `${row.state} ${reply === null ? (row.reason ?? '') : wordingOf(reply)}`;

const keyOf = (words: string): string => createHash('sha256').update(words).digest('base64url').slice(0, 12);

const mayBeSentAgain = ({ state, returned }: TroubledRow): boolean =>
  !returned && (state === 'refused' || state === 'uncertain');

/** The delivery has the problem with this key, and the act fits it. */
export function isMeant(
  row: TroubledRow,
  { key, act }: { key: string; act: 'resend' | 'suppress' },
): boolean {
  const reply = replyOf(row);
  if (keyOf(wordsOf(row, reply)) !== key) return false;
  const isHard = saysNoSuchAddress(row, reply);
  return act === 'suppress' ? isHard : !isHard && mayBeSentAgain(row);
}

/** Also a refusal of this reader for good whose words give no reason: servers say so of unknown addresses. */
function saysNoSuchAddress({ state, reason, replyCode: code }: TroubledRow, reply: string | null): boolean {
  if (state !== 'refused' && state !== 'bounced') return false;
  if (reason === 'hard') return true;
  if (reply === null || code === null || code < 500) return false;
  const { kind, about } = classify({ code, reply, stage: 'rcpt' });
  return kind === 'hard' || (kind === 'unknown' && about === 'reader');
}

interface Group extends ReplyProblem {
  /** All readers with this problem. */
  ids: string[];
  hard: boolean;
}

function grouped(rows: readonly TroubledRow[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const reply = replyOf(row);
    const words = wordsOf(row, reply);
    const group = groups.get(words) ?? {
      key: keyOf(words),
      state: row.state,
      reply: reply === null ? null : replyWithoutAddresses(reply),
      reason: row.reason,
      readers: 0,
      dueAt: row.dueAt,
      resendTo: [],
      suppressible: [],
      suppressed: false,
      ids: [],
      hard: saysNoSuchAddress(row, reply),
    };
    group.readers += 1;
    group.ids.push(row.subscriberId);
    if (row.dueAt !== null && (group.dueAt === null || row.dueAt < group.dueAt)) group.dueAt = row.dueAt;
    if (mayBeSentAgain(row)) group.resendTo.push(row.subscriberId);
    groups.set(words, group);
  }
  return [...groups.values()].toSorted((a, b) => b.readers - a.readers);
}

/** The largest first. A reader whose address is suppressed is sent nothing, so no resend counts them. */
export async function problemsOf(db: Db, issueId: string): Promise<ReplyProblem[]> {
  const groups = grouped(await selectTroubled(db, issueId, problemsRead));
  const asked = groups.flatMap(({ hard, resendTo, ids }) => (hard ? ids : resendTo));
  const mailable = asked.length === 0 ? new Set<string>() : await mailableOf(db, asked);
  return groups.map(({ ids, hard, ...group }) => {
    const suppressible = hard ? ids.filter((id) => mailable.has(id)) : [];
    return {
      ...group,
      resendTo: hard ? [] : group.resendTo.filter((id) => mailable.has(id)),
      suppressible,
      suppressed: hard && suppressible.length === 0,
    };
  });
}

/** Without the indexes, old statistics make PostgreSQL read every subscriber. */
function mailableOf(db: Db, subscriberIds: readonly string[]): Promise<Set<string>> {
  return db.transaction(async (tx) => {
    await keepToIndexes(tx);
    return new Set(await mailableAmong(tx, subscriberIds));
  });
}
