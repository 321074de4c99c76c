// What comes back: how much of which kind, and whether its ways in work.
import type { Response } from 'express';
import { countFeedback } from '../../feedback/count-for-metrics.js';
import { mailboxAsSeen } from '../../feedback/mailbox/check-mailbox.js';
import { providerName } from '../../providers/provider-words.js';
import { kindKeys } from '../../feedback/kind-keys.js';
import type { ConsoleDeps } from '../deps.js';
import { sendPage, translatorOf } from '../page.js';

/** A queue of unread mail that is older than this is a problem (seconds). */
const patience = 600;

export async function showReturns({ db, sending, waysIn }: ConsoleDeps, res: Response): Promise<void> {
  const words = translatorOf(res);
  const { t } = words;
  const [{ totals, oldestUnread }, seen] = await Promise.all([
    countFeedback(db),
    waysIn.mailbox === undefined ? undefined : mailboxAsSeen(db, waysIn.mailbox),
  ]);
  const sums = new Map<string, { what: string; provider: string; count: number }>();
  for (const { kind, provider, count } of totals) {
    const key = `${kind} ${provider}`;
    const before = sums.get(key)?.count ?? 0;
    sums.set(key, {
      what: t(kindKeys[kind]),
      provider: providerName(provider, words),
      count: before + count,
    });
  }
  sendPage(res, 'returns', {
    tab: 'returns',
    counts: [...sums.values()].toSorted((a, b) => b.count - a.count),
    mailbox: waysIn.mailbox && {
      name: waysIn.mailbox,
      ...seen,
      problem: seen?.problem && words.say(seen.problem),
    },
    listener: waysIn.listener,
    hooks: sending.relays.flatMap(({ name, feedback }) => (feedback ? [name] : [])),
    hasNoWayIn:
      waysIn.mailbox === undefined &&
      waysIn.listener === undefined &&
      sending.relays.every(({ feedback }) => feedback === undefined),
    minutesUnread: oldestUnread > patience ? Math.round(oldestUnread / 60) : 0,
  });
}
