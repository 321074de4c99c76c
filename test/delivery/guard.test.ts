// The guard pauses an issue that does more harm than good, and gives the reason.
import { resumeIssue } from '../../src/issues/change-issue.js';
import {
  afterEnds,
  guardFinding,
  guardMessage,
  mostEndsThatMatter,
  nothingEnded,
  type Ended,
} from '../../src/delivery/guard.js';
import { inEnglish } from '../../src/languages/translate.js';
import { getIssue } from '../../src/reports/progress.js';
import { sendBatch } from '../../src/delivery/send-batch.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import {
  assembleDeps,
  deliveryDeps,
  fanOutNext,
  issueFor,
  ledger,
  makePosts,
  sweep,
  type Bench,
} from '../support/newsroom.js';
import { answering, startScripted } from '../support/smtp-script.js';
import { startSink, type Sink } from '../support/smtp-sink.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

function guardReason(ended: Ended): string | undefined {
  const finding = guardFinding(ended);
  return finding && inEnglish(guardMessage(finding));
}

describe('the decision', () => {
  test.each([
    [{ ends: 100, hardBounces: 5, complaints: 0 }, undefined],
    [{ ends: 100, hardBounces: 6, complaints: 0 }, 'hard bounces: 6 of the last 100 (more than 5 %)'],
    // Small lists with dead addresses do not trip the guard.
    [{ ends: 60, hardBounces: 10, complaints: 1 }, undefined],
    [{ ends: 19, hardBounces: 19, complaints: 0 }, undefined],
    [
      { ends: 20, hardBounces: 20, complaints: 0, refusal: '550 5.7.1 Go away' },
      'everything is refused: all of the last 20, with "550 5.7.1 Go away"',
    ],
    [{ ends: 999, hardBounces: 0, complaints: 5 }, undefined],
    [{ ends: 2_000, hardBounces: 0, complaints: 2 }, undefined],
    [
      { ends: 2_000, hardBounces: 0, complaints: 3 },
      'complaints: 3 on the last 2,000 messages (more than 0.1 %)',
    ],
  ])('%j', (ended, reason) => {
    expect(guardReason(ended)).toBe(reason);
  });

  test.each([
    { hardBounces: 6, complaints: 0 },
    { hardBounces: 400, complaints: 2 },
    { hardBounces: 0, otherRefusals: 5_000, complaints: 0 },
    { hardBounces: 3, complaints: 77 },
  ])('with more ends than are counted, %j is no finding', (bad) => {
    const most = mostEndsThatMatter(bad);
    expect(guardFinding({ ...bad, ends: most + 1 })).toBeUndefined();
    expect(guardFinding({ ...bad, ends: most * 10 })).toBeUndefined();
  });

  test('old results weigh less and less', () => {
    const well = { ends: 100, hardBounces: 0 };
    let window = afterEnds(nothingEnded, { ends: 100, hardBounces: 5 });
    for (let lot = 0; lot < 30; lot += 1) window = afterEnds(window, well);
    expect(guardReason(afterEnds(window, { ends: 100, hardBounces: 20 }))).toBeUndefined();
    expect(guardReason(afterEnds(window, { ends: 100, hardBounces: 80 }))).toMatch(/^hard bounces/);
  });
});

describe('an issue', () => {
  let database: TestDatabase;
  let sink: Sink;
  let deps: Bench;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    sink = await startSink();
    deps = await deliveryDeps(database.db, sink.url, { connections: 10 });
  });
  afterEach(async () => {
    await deps.close();
    await sink.close();
  });

  const refuse = (share: number) => {
    let asked = 0;
    sink.onStage((stage) => {
      if (stage !== 'rcpt') return undefined;
      asked += 1;
      return (asked * share) % 1 < share ? { code: 550, text: '5.1.1 No such user' } : undefined;
    });
  };

  test('of which everything is refused is paused after some lots, and a resumed one begins a new window', async () => {
    const { issueId } = await issueFor(database.db, 200);
    refuse(1);
    await sendBatch(deps, { issueId, batch: 1 });
    const issue = await getIssue(database.db, issueId);
    expect(issue?.status).toBe('paused');
    expect(issue?.pauseReason).toBe(
      'automatically – everything is refused: all of the last 20, with "550 5.1.1 No such user"',
    );
    expect(issue?.counts.refused).toBe(20);
    await resumeIssue(deps, { issueId });
    refuse(0.04);
    await sweep(database.db, deps.enqueue);
    expect((await getIssue(database.db, issueId))?.status).toBe('sending');
    await sendBatch(deps, { issueId, batch: 1 });
    expect((await getIssue(database.db, issueId))?.status).toBe('finished');
  });

  test('with more than 5 % hard bounces is paused; with a few, or few readers, it is not', async () => {
    const { issueId: bad } = await issueFor(database.db, 300);
    refuse(0.1);
    await sendBatch(deps, { issueId: bad, batch: 1 });
    expect((await getIssue(database.db, bad))?.pauseReason).toMatch(
      /^automatically – hard bounces: \d+ of the last 1\d\d /,
    );
    for (const [readers, share] of [
      [300, 0.03],
      [60, 0.2],
    ] as const) {
      const { issueId } = await issueFor(database.db, readers);
      refuse(share);
      await sendBatch(deps, { issueId, batch: 1 });
      expect((await getIssue(database.db, issueId))?.status).toBe('finished');
    }
  });

  test('is paused by the sweep for later bounces and complaints', async () => {
    const { issueId } = await issueFor(database.db, 1_200);
    sink.onStage((stage, info) =>
      stage === 'rcpt' && info.rcpt?.includes('-1199@') ? { code: 451, text: '4.3.0 Later' } : undefined,
    );
    for (const batch of [1, 2, 3]) await sendBatch(deps, { issueId, batch });
    const come = (state: string, count: number) =>
      database.db.query(
        `update deliveries set state = $2, changed_at = now() where issue_id = $1 and subscriber_id in
           (select subscriber_id from deliveries where issue_id = $1 and state = 'accepted' limit $3)`,
        [issueId, state, count],
      );
    await come('complained', 1);
    await come('bounced', 50);
    await sweep(database.db, deps.enqueue);
    expect((await getIssue(database.db, issueId))?.status).toBe('sending');
    await come('complained', 1);
    await sweep(database.db, deps.enqueue);
    expect((await getIssue(database.db, issueId))?.pauseReason).toBe(
      'automatically – complaints: 2 on the last 1,199 messages (more than 0.1 %)',
    );
    await resumeIssue(deps, { issueId });
    await sweep(database.db, deps.enqueue);
    expect((await getIssue(database.db, issueId))?.status).toBe('sending');
    expect(await ledger(database.db, issueId)).toMatchObject({ deferred: 1 });
  });

  test('for which nobody waits any more finishes, and so does the next one', async () => {
    const { issueId, newsletterId } = await issueFor(database.db, 120);
    let asked = 0;
    sink.onStage((stage) => {
      if (stage !== 'rcpt') return undefined;
      asked += 1;
      return asked > 112 ? { code: 550, text: '5.1.1 No such user' } : undefined;
    });
    await sendBatch(deps, { issueId, batch: 1 });
    await sweep(database.db, deps.enqueue);
    const issue = await getIssue(database.db, issueId);
    expect(issue).toMatchObject({ status: 'finished', counts: { accepted: 112, refused: 8 } });
    asked = 0;
    await makePosts(database.db, newsletterId, 1);
    const next = await fanOutNext(assembleDeps(database.db), newsletterId);
    await sendBatch(deps, { issueId: next, batch: 1 });
    await sweep(database.db, deps.enqueue);
    expect(await getIssue(database.db, next)).toMatchObject({
      status: 'finished',
      counts: { accepted: 112, refused: 0 },
    });
  });

  test('larger than the relay takes is paused, as everything is refused', async () => {
    const { issueId } = await issueFor(database.db, 300);
    const small = await startScripted(answering({ EHLO: '250-small.test\r\n250 SIZE 5000' }));
    const bench = await deliveryDeps(database.db, small.url, { connections: 10 });
    await sendBatch(bench, { issueId, batch: 1 });
    const issue = await getIssue(database.db, issueId);
    expect(issue).toMatchObject({ status: 'paused', counts: { refused: 20 } });
    expect(issue?.pauseReason).toMatch(
      /^automatically – everything is refused: all of the last 20, with ".*size/i,
    );
    await bench.close();
    await small.close();
  });

  test('with many full mailboxes goes on: they are no dead addresses', async () => {
    const { issueId } = await issueFor(database.db, 150);
    let asked = 0;
    sink.onStage((stage) => {
      if (stage !== 'rcpt') return undefined;
      asked += 1;
      return asked % 5 === 0 ? { code: 552, text: '5.2.2 The mailbox is over quota' } : undefined;
    });
    await sendBatch(deps, { issueId, batch: 1 });
    expect(await getIssue(database.db, issueId)).toMatchObject({
      status: 'finished',
      counts: { accepted: 120, refused: 30 },
    });
  });

  test('is paused for what came back of the domain’s issues in seven days; once a person has looked, it goes on', async () => {
    const from = { name: 'Weekly', address: 'weekly@week.example.org' };
    const { issueId, newsletterId } = await issueFor(database.db, 150, { from });
    await sendBatch(deps, { issueId, batch: 1 });
    expect((await getIssue(database.db, issueId))?.status).toBe('finished');
    await database.db.query(
      `update deliveries set state = 'bounced', changed_at = now() where issue_id = $1 and subscriber_id in
         (select subscriber_id from deliveries where issue_id = $1 limit 10)`,
      [issueId],
    );
    await makePosts(database.db, newsletterId, 1);
    const next = await fanOutNext(assembleDeps(database.db), newsletterId);
    await sendBatch(deps, { issueId: next, batch: 1 });
    const paused = await getIssue(database.db, next);
    expect(paused?.status).toBe('paused');
    expect(paused?.pauseReason).toBe(
      'automatically – hard bounces: 10 of the 150 messages from week.example.org in seven days (more than 5 %)',
    );
    await resumeIssue(deps, { issueId: next });
    await sendBatch(deps, { issueId: next, batch: 1 });
    await sweep(database.db, deps.enqueue);
    expect(await getIssue(database.db, next)).toMatchObject({
      status: 'finished',
      counts: { accepted: 150 },
    });
    // Another domain's mail is another sender's.
    const other = await issueFor(database.db, 20, { from: { ...from, address: 'a@other.example.org' } });
    await sendBatch(deps, { issueId: other.issueId, batch: 1 });
    expect((await getIssue(database.db, other.issueId))?.status).toBe('finished');
  });
});
