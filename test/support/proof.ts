// The proof at the end of every fault test: each reader has a result, and no reader got two messages.
import type { Db } from '../../src/db.js';
import { getIssue, type IssueView } from '../../src/reports/progress.js';
import { waitUntil } from './wait.js';
import type { Sink } from './smtp-sink.js';

/** Waits until the issue has finished. The error of a timeout contains the issue's last state. */
export async function waitForFinish(db: Db, issueId: string, ms: number): Promise<IssueView> {
  let last: IssueView | undefined;
  try {
    return await waitUntil(
      async () => {
        last = await getIssue(db, issueId);
        return last?.status === 'finished' ? last : undefined;
      },
      ms,
      'the issue to finish',
    );
  } catch (error) {
    throw new Error(`the issue stands at ${JSON.stringify(last?.counts)}`, { cause: error });
  }
}

/**
 * Asserts:
 * - candidates = deliveries + excluded;
 * - every delivery is in a final state;
 * - no address appears twice at the sink;
 * - the sink has the message of every accepted delivery, and of no other except uncertain ones.
 */
export async function proveNobodyMissedNobodyTwice(
  db: Db,
  issueId: string,
  sink: Sink,
  { readers, uncertainAtMost }: { readers: number; uncertainAtMost: number },
): Promise<IssueView['counts']> {
  const issue = await getIssue(db, issueId);
  if (issue === undefined) throw new Error(`there is no issue ${issueId}`);
  expect(issue.status).toBe('finished');
  const { candidates, ...states } = issue.counts;
  expect(candidates).toBe(readers);
  expect(Object.values(states).reduce((sum, count) => sum + count, 0)).toBe(readers);
  expect(issue.counts).toMatchObject({ queued: 0, sending: 0, deferred: 0 });
  expect(issue.counts.uncertain).toBeLessThanOrEqual(uncertainAtMost);

  const times = new Map<string, number>();
  for (const { to } of sink.messages)
    for (const address of to) times.set(address, (times.get(address) ?? 0) + 1);
  expect([...times].filter(([, count]) => count > 1)).toEqual([]);
  // The database updates the displayed counts with each change. They must equal the ledger.
  const ledger = await db.query<{ state: string; count: number }>(
    'select state, count(*)::int as count from deliveries where issue_id = $1 group by state',
    [issueId],
  );
  for (const { state, count } of ledger.filter((row) => row.state !== 'excluded'))
    expect([state, issue.counts[state as keyof typeof issue.counts]]).toEqual([state, count]);
  const deliveries = await db.query<{ address: string; state: string }>(
    `select r.address, d.state from deliveries d join subscribers r on r.id = d.subscriber_id where d.issue_id = $1`,
    [issueId],
  );
  const lost = deliveries.filter(({ address, state }) => state === 'accepted' && !times.has(address));
  expect(lost).toEqual([]);
  const unrecorded = deliveries.filter(
    ({ address, state }) => times.has(address) && state !== 'accepted' && state !== 'uncertain',
  );
  expect(unrecorded).toEqual([]);
  return issue.counts;
}
