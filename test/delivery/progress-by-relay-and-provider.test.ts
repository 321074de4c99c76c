// An issue's progress: accepted messages by relay and provider, and the reason for a delay.
import { getIssue, getIssueProgress } from '../../src/reports/progress.js';
import { translator } from '../../src/languages/translate.js';
import { holdUpInWords } from '../../src/reports/hold-up-words.js';
import { paceInWords } from '../../src/reports/progress-words.js';
import { sendBatch } from '../../src/delivery/send-batch.js';
import { addProgress } from '../../src/delivery/hand-overs.js';
import { tellCircuits } from '../../src/delivery/record-progress.js';
import { countForMetrics } from '../../src/delivery/count-for-metrics.js';
import { useDatabase } from '../support/fixture.js';
import { deliveryDeps, issueFor } from '../support/newsroom.js';
import { ageProgress } from '../support/signs-of-life.js';
import { startSink } from '../support/smtp-sink.js';
import { waitUntil } from '../support/wait.js';

const database = useDatabase();

test('hand-overs are summed by relay and provider within seconds, and the reasons for waiting are named', async () => {
  const [first, second] = [await startSink(), await startSink()];
  const { issueId } = await issueFor(database.db, {
    'gmail.com': 6,
    'yahoo.de': 5,
    'example.com': 20,
    'example.net': 20,
  });
  const asksForLess = (stage: string, { rcpt = '' }) =>
    stage === 'rcpt' && rcpt.endsWith('@yahoo.de')
      ? { code: 451, text: '4.7.0 [TSS04] deferred' }
      : undefined;
  first.onStage(asksForLess);
  second.onStage(asksForLess);
  const deps = await deliveryDeps(database.db, `${first.url}?connections=2,${second.url}?connections=2`);
  await sendBatch(deps, { issueId, batch: 1 });
  const look = () => getIssueProgress(database.db, issueId);
  const told = async () => (await look())?.relays.reduce((sum, { accepted }) => sum + accepted, 0);
  await waitUntil(async () => (await told()) === 46, 10_000, 'progress');
  const issue = await look();
  expect(issue?.counts).toMatchObject({ candidates: 51, sending: 0, accepted: 46 });
  // Yahoo's five readers: the first few are deferred, and the others then wait for their provider.
  expect((issue?.counts.deferred ?? 0) + (issue?.counts.queued ?? 0)).toBe(5);
  expect(issue?.relays.map(({ name }) => name).toSorted()).toEqual(
    Object.keys(deps.relays.circuits()).toSorted(),
  );
  expect(issue?.domainGroups).toMatchObject([
    { name: 'others', accepted: 40, deferred: 0 },
    { name: 'google', accepted: 6 },
    { name: 'yahoo', accepted: 0, deferred: issue?.counts.deferred },
  ]);
  const [relay = ''] = Object.keys(deps.relays.circuits());
  await tellCircuits(database.db, deps.workerId, { ...deps.relays.circuits(), [relay]: 'open' });
  expect((await getIssue(database.db, issueId))?.holdUps).toEqual([
    { kind: 'provider', name: 'yahoo', until: expect.any(Date), detail: expect.stringContaining('TSS04') },
    { kind: 'relay', name: relay, until: null, detail: 'in trouble, for 1 worker' },
  ]);
  const totals = await countForMetrics(database.db);
  expect(totals.slowed).toEqual([{ group: 'yahoo', step: 1 }]);
  expect(totals.circuits).toContainEqual({ relay, state: 'open', workers: 1 });
  expect(totals.handOvers).toContainEqual({
    relay,
    domainGroup: 'others',
    deferred: 0,
    refused: 0,
    uncertain: 0,
    accepted: expect.any(Number),
  });
  await deps.close();
  await first.close();
  await second.close();
});

test('the pace is that of the last seconds, and falls when nothing comes any more', async () => {
  const { issueId } = await issueFor(database.db, { 'example.org': 3 });
  const { id: workerId } = await database.db.one<{ id: string }>(
    `insert into delivery_workers (host, pid) values ('a', 1) returning id`,
  );
  const tell = (accepted: number) =>
    addProgress(database.db, workerId, [
      { issueId, relay: 'r:25', domainGroup: 'others', accepted, deferred: 0, refused: 0, uncertain: 0 },
    ]);
  const age = (seconds: number) => ageProgress(database.db, issueId, seconds);
  for (let second = 0; second < 5; second += 1) {
    await tell(100);
    await age(1);
  }
  const pace = async () => (await getIssueProgress(database.db, issueId))?.ratePerSecond ?? 0;
  expect(await pace()).toBeGreaterThan(60);
  expect(await pace()).toBeLessThan(140);
  expect((await getIssueProgress(database.db, issueId))?.etaSeconds).toBe(1);
  // A pause is not counted: neither right after it nor with the first messages that follow.
  await age(40);
  await database.db.change('update issues set resumed_at = now() where id = $1', [issueId]);
  expect(await pace()).toBe(0);
  await tell(100);
  // With the pause it would be 10. Some seconds of a busy machine make it less than 100.
  expect(await pace()).toBeGreaterThan(20);
  expect(await pace()).toBeLessThan(140);
  await age(120);
  await database.db.change('update issues set resumed_at = null where id = $1', [issueId]);
  expect(await pace()).toBeLessThan(1);
});

test.each([
  [{ ratePerSecond: 412.4, etaSeconds: 900 }, '412 a second, about 15 min left'],
  [{ ratePerSecond: 3.1, etaSeconds: 75 }, '3.1 a second, about 75 s left'],
  [{ ratePerSecond: 2, etaSeconds: null }, '2 a second'],
  [{ ratePerSecond: 0, etaSeconds: null }, ''],
  [{ ratePerSecond: null, etaSeconds: null }, ''],
])('%j in words', (pace, words) => {
  expect(paceInWords(pace)).toBe(words);
});

test('a hold-up in words', () => {
  const now = new Date('2026-11-20T07:00:00Z');
  expect(
    holdUpInWords(
      { kind: 'provider', name: 'yahoo', until: new Date('2026-11-20T07:04:00Z'), detail: '451 [TSS04]' },
      now,
      translator('en'),
    ),
  ).toBe('readers at Yahoo and AOL wait, for 4 min: 451 [TSS04]');
});
