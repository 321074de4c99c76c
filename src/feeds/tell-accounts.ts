// The mails to the accounts about feeds. feed_mails is the outbox: a row that is neither sent nor refused is found again.
import type { Db } from '../db.js';
import { signDecision } from '../decision-link.js';
import { minute } from '../durations.js';
import { accountMailClaimMinutes, accountMailEnd, accountMailRetryMinutes } from '../mail/account-mail.js';
import type { Mailer } from '../mail/send.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Secrets } from '../secrets.js';
import { heldTitles } from '../posts/settle-held.js';
import { renderFeedMail } from './feed-mail.js';
import { healthInWords } from './health.js';
import { type FeedRow, findFeed } from './store.js';
import { claimDueMails, type DueMail, dropMail, settleMail } from './store-mails.js';

export interface TellDeps {
  db: Db;
  mailer: Mailer;
  now: () => Date;
  secrets: Secrets;
  /** Without a slash at its end. */
  baseUrl: string;
}

/** Posts are held for as long as nobody decides. */
const linkTime = 30 * 24 * 60 * minute;

/** Sends what is due. Returns how many mails a relay took. */
export async function tellAccounts(deps: TellDeps): Promise<number> {
  const now = deps.now();
  const due = await claimDueMails(deps.db, now, new Date(now.getTime() + accountMailClaimMinutes * minute));
  let sent = 0;
  for (const mail of due) if (await tell(deps, mail)) sent += 1;
  return sent;
}

/** Whether there is still something to tell. */
function isTrue(kind: DueMail['kind'], feed: FeedRow): boolean {
  if (kind === 'held') return feed.held > 0;
  return kind === 'gone' ? feed.goneAt !== null : feed.failures > 0 && feed.disabledAt === null;
}

async function tell(deps: TellDeps, mail: DueMail): Promise<boolean> {
  const { db, now } = deps;
  const feed = await findFeed(db, mail.feedId);
  const newsletter = feed && (await getNewsletter(db, feed.newsletterId));
  if (!feed || !newsletter || !isTrue(mail.kind, feed)) {
    await dropMail(db, mail);
    return false;
  }
  const decision = signDecision(
    deps.secrets.derive('review-links'),
    'held',
    { id: feed.id, accountId: mail.accountId },
    new Date(now().getTime() + linkTime),
  );
  const content = await renderFeedMail({
    kind: mail.kind,
    newsletter,
    feed,
    health: healthInWords(feed, now()),
    titles: mail.kind === 'held' ? await heldTitles(db, feed.id) : [],
    feedUrl: `${deps.baseUrl}/console/newsletters/${newsletter.slug}/feeds/${feed.id}`,
    decideUrl: `${deps.baseUrl}/held/${decision}`,
  });
  const handedOver = await deps.mailer.send({ from: newsletter.from, to: mail.email, ...content });
  await settleMail(db, mail, {
    ...accountMailEnd(handedOver, mail.attempts),
    now: now(),
    dueAt: new Date(now().getTime() + accountMailRetryMinutes * minute),
  });
  return handedOver.outcome.outcome === 'accepted';
}
