// What comes back about an issue, each mail three times and in random order, and what must have become of it.
import { sumsAgree } from '../../src/delivery/counts.js';
import type { Db } from '../../src/db.js';
import type { IncomingFeedback } from '../../src/feedback/put.js';
import { envelopeSender } from '../../src/mail/verp.js';
import { getIssueProgress } from '../../src/reports/progress.js';
import type { Secrets } from '../../src/secrets.js';
import { issueFor } from '../support/newsroom.js';
import { complaint, report } from './sample-mail.js';

export interface AcceptedReader {
  subscriberId: string;
  subscriptionId: string;
  address: string;
}

/** An issue that the relay took for all its readers at this time. */
export async function acceptedIssue(db: Db, count: number, at: Date) {
  const issue = await issueFor(db, count, { now: () => at });
  await db.query(
    `update deliveries set state = 'accepted', first_try_at = $2, changed_at = $2, attempts = 1 where issue_id = $1`,
    [issue.issueId, at],
  );
  const readers = await db.query<AcceptedReader>(
    `select d.subscriber_id, d.subscription_id, r.address from deliveries d join subscribers r on r.id = d.subscriber_id
     where issue_id = $1 order by 1`,
    [issue.issueId],
  );
  return { ...issue, readers };
}

export function bounce(address: string, status: string, words: string): string {
  return report(
    'The mail could not be delivered.',
    `Final-Recipient: rfc822; ${address}\nAction: failed\nStatus: ${status}\nDiagnostic-Code: smtp; ${words}`,
  );
}

const kinds = ['5.1.1', '5.2.2', '5.7.1'] as const;
/** Of ten readers: one only complains, one bounces and complains, the others bounce. */
const onlyComplains = (at: number): boolean => at % 10 === 9;
const complains = (at: number): boolean => at % 10 >= 8;
const bouncesHard = (at: number): boolean => at % kinds.length === 0 && !onlyComplains(at);

/** The second copy of a mail is equal. The third differs in a header, as a relay that tries again sends it. */
export function threeTimes(
  secrets: Secrets,
  { issueId, readers }: { issueId: string; readers: readonly AcceptedReader[] },
): IncomingFeedback[] {
  const keys = secrets.derive('verp');
  const mails = readers.flatMap(({ subscriberId, address }, at) => {
    const status = kinds[at % kinds.length] ?? '5.1.1';
    const returned = onlyComplains(at) ? [] : [bounce(address, status, `550 ${status} no`)];
    const all = complains(at) ? [...returned, complaint()] : returned;
    const recipient = envelopeSender(
      keys,
      { kind: 'delivery', issueId, subscriberId },
      'bounces.example.org',
    );
    return all
      .flatMap((raw) => [raw, raw, `X-Copy: 3\n${raw}`])
      .map((raw) => ({ raw: Buffer.from(raw), recipient, source: 'command' as const }));
  });
  return mails
    .map((mail) => ({ mail, at: Math.random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ mail }) => mail);
}

/** Each mail had its effect once, and the sums are those of the rows. */
export async function expectEffectsOnce(
  db: Db,
  { issueId, readers }: { issueId: string; readers: readonly AcceptedReader[] },
): Promise<void> {
  const all = readers.map((_, at) => at);
  const events = all.length + all.filter((at) => complains(at) && !onlyComplains(at)).length;
  const complained = all.filter(complains).length;
  expect(
    await db.query(
      'select result, count(*)::int from feedback_inbox where issue_id = $1 group by 1 order by 1',
      [issueId],
    ),
  ).toEqual([
    { result: 'recorded', count: events },
    { result: 'repeated', count: events },
  ]);
  const counts = (await getIssueProgress(db, issueId))?.counts;
  expect(counts).toMatchObject({ complained, bounced: all.length - complained, accepted: 0 });
  expect(counts && sumsAgree(counts)).toBe(true);
  expect(
    await db.query('select state, count(*)::int from deliveries where issue_id = $1 group by 1 order by 1', [
      issueId,
    ]),
  ).toEqual([
    { state: 'bounced', count: all.length - complained },
    { state: 'complained', count: complained },
  ]);
  expect(
    await db.query(
      `select u.reason, count(*)::int from suppressions u join subscribers r using (address_hash)
       join deliveries d on d.subscriber_id = r.id where d.issue_id = $1 group by 1 order by 1`,
      [issueId],
    ),
  ).toEqual([
    { reason: 'bounce', count: all.filter((at) => bouncesHard(at) && !complains(at)).length },
    { reason: 'complaint', count: complained },
  ]);
}
