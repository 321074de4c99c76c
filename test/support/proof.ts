// What every fault test ends with: nobody missed, nobody mailed twice.
import type { Db } from '../../src/db.js';
import { getIssue, type IssueView } from '../../src/reports/progress.js';
import { waitUntil } from './wait.js';
import type { Sink } from './smtp-sink.js';

/** Waits until the issue has finished, telling where it stood if it does not. */
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
 * Candidates = deliveries + excluded; every delivery in a final state; no address twice at the sink; whoever is accepted
 * got it, and whoever is neither accepted nor uncertain did not.
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
  // What is shown is what the ledger holds, kept by the database with each change.
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
