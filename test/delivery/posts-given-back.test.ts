// A relay defers a reader until the reader's next digest is due. The delivery is refused (expired), and its
// posts go out with the next digest, once.
import { hour } from '../../src/durations.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { pauseIssue, resumeIssue } from '../../src/issues/change-issue.js';
import { cancelIssue, resend } from '../../src/delivery/change-deliveries.js';
import { sendBatch } from '../../src/delivery/send-batch.js';
import { finishIfDone } from '../../src/delivery/finish.js';
import { getIssue } from '../../src/reports/progress.js';
import { useDatabase, useSink } from '../support/fixture.js';
import {
  assembleDeps,
  deliveryDeps,
  ledger,
  makeNewsletter,
  makePosts,
  makeReaders,
  quiet,
  rememberingQueue,
  sendAll,
  sweep,
} from '../support/newsroom.js';

const database = useDatabase();
const sink = useSink();

const present = () => new Date();
const ago = (hours: number) => () => new Date(Date.now() - hours * hour);

async function fanOut(newsletterId: string, input: object = {}, now = present): Promise<string> {
  const deps = assembleDeps(database.db, undefined, now);
  const answer = await assembleNow(deps, { newsletterId, ...input });
  if (answer.status !== 'created') return answer.status;
  await assemble(deps, answer.issueId);
  return answer.issueId;
}

/** Makes the relay defer `address` so late that the next try would be too late. */
async function expire(issueId: string, address: string, outcome = 'deferred'): Promise<void> {
  await database.db.query(
    `with expired as (
       update deliveries d set state = 'refused', reason = 'expired', attempts = 1, reply_code = 451, reply = '451 later'
       from subscribers r where r.id = d.subscriber_id and r.address = $2 and d.issue_id = $1
       returning d.issue_id, d.subscriber_id
     )
     insert into attempts (issue_id, subscriber_id, attempt, relay, outcome, stage, reply)
     select issue_id, subscriber_id, 1, 'relay:25', $3, 'rcpt', '451 later' from expired`,
    [issueId, address, outcome],
  );
}

const listsOf = async (issueId: string): Promise<Record<string, string[]>> => {
  const rows = await database.db.query<{ name: string; titles: string[] }>(
    `select split_part(r.address, '@', 1) as name, array(select p.post->>'title' from issue_posts p
       where p.issue_id = d.issue_id and p.post_id = any (v.post_ids) order by p.seq) as titles
     from deliveries d join variants v on v.id = d.variant_id join subscribers r on r.id = d.subscriber_id
     where d.issue_id = $1`,
    [issueId],
  );
  return Object.fromEntries(rows.map(({ name, titles }) => [name, titles]));
};

const titles = (...names: string[]) => names.map((title) => ({ title }));
const at = (name: string) => `${name}@readers.example.org`;

test('the next issue brings them, and the one after that does not', async () => {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, titles('one', 'two'));
  await makeReaders(database.db, id, 2, { prefix: 'back' });
  const first = await fanOut(id);
  await expire(first, at('back1'));
  await sweep(database.db);
  await sweep(database.db);
  await makePosts(database.db, id, titles('three'));
  expect(await listsOf(await fanOut(id))).toEqual({ back1: ['one', 'two', 'three'], back2: ['three'] });
  await makePosts(database.db, id, titles('four'));
  expect(await listsOf(await fanOut(id))).toEqual({ back1: ['four'], back2: ['four'] });
});

test('posts that a later issue has brought meanwhile are not sent again', async () => {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, titles('one', 'two'));
  await makeReaders(database.db, id, 1, { prefix: 'later' });
  const first = await fanOut(id);
  await makePosts(database.db, id, titles('three'));
  expect(await listsOf(await fanOut(id))).toEqual({ later1: ['three'] });
  await expire(first, at('later1'));
  await finishIfDone({ db: database.db, log: quiet, now: present }, first);
  await makePosts(database.db, id, titles('four'));
  expect(await listsOf(await fanOut(id))).toEqual({ later1: ['one', 'two', 'four'] });
  expect(await fanOut(id)).toBe('skipped');
});

test('an issue of chosen posts gives these back', async () => {
  const { id } = await makeNewsletter(database.db);
  const [, two] = await makePosts(database.db, id, titles('one', 'two', 'three'));
  await makeReaders(database.db, id, 1, { prefix: 'chosen' });
  const first = await fanOut(id, { postIds: [two] });
  await expire(first, at('chosen1'));
  await finishIfDone({ db: database.db, log: quiet, now: present }, first);
  expect(await listsOf(await fanOut(id))).toEqual({ chosen1: ['one', 'two', 'three'] });
});

test('a reader with a try that was not answered may have it, and gets nothing twice', async () => {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, titles('one'));
  await makeReaders(database.db, id, 1, { prefix: 'unsure' });
  const first = await fanOut(id);
  await expire(first, at('unsure1'), 'uncertain');
  await finishIfDone({ db: database.db, log: quiet, now: present }, first);
  expect(await fanOut(id)).toBe('skipped');
});

test('sending again to refused readers does not include these readers', async () => {
  const { id } = await makeNewsletter(database.db);
  await makePosts(database.db, id, titles('one'));
  await makeReaders(database.db, id, 2, { prefix: 'resent' });
  const first = await fanOut(id);
  await expire(first, at('resent1'));
  await database.db.query(
    `update deliveries set state = 'refused', reason = 'permanent' where issue_id = $1 and state = 'queued'`,
    [first],
  );
  await finishIfDone({ db: database.db, log: quiet, now: present }, first);
  const enqueue = rememberingQueue().enqueue;
  await resend({ db: database.db, enqueue, now: present }, { issueId: first, state: 'refused' });
  expect(await ledger(database.db, first)).toEqual({ queued: 1, refused: 1 });
});

const cancel = (issueId: string) =>
  cancelIssue({ db: database.db, enqueue: rememberingQueue().enqueue, now: present }, { issueId });

describe('an issue that is cancelled', () => {
  test('after the next issue: its posts come with the issue after that, without those of the next issue', async () => {
    const { id } = await makeNewsletter(database.db);
    await makePosts(database.db, id, titles('one', 'two'));
    await makeReaders(database.db, id, 1, { prefix: 'monday' });
    const monday = await fanOut(id);
    await makePosts(database.db, id, titles('three'));
    expect(await listsOf(await fanOut(id))).toEqual({ monday1: ['three'] });
    expect(await cancel(monday)).toEqual({ ok: true });
    expect(await cancel(monday)).toEqual({ ok: true });
    await makePosts(database.db, id, titles('four'));
    expect(await listsOf(await fanOut(id))).toEqual({ monday1: ['one', 'two', 'four'] });
    expect(await fanOut(id)).toBe('skipped');
  });

  test('after one of chosen posts: these are not brought again', async () => {
    const { id } = await makeNewsletter(database.db);
    await makePosts(database.db, id, titles('one', 'two'));
    await makeReaders(database.db, id, 1, { prefix: 'extra' });
    const first = await fanOut(id);
    const [three] = await makePosts(database.db, id, titles('three'));
    expect(await listsOf(await fanOut(id, { postIds: [three] }))).toEqual({ extra1: ['three'] });
    await cancel(first);
    await makePosts(database.db, id, titles('four'));
    expect(await listsOf(await fanOut(id))).toEqual({ extra1: ['one', 'two', 'four'] });
  });

  test('two cancelled issues, in either order: every post comes once', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const { id } = await makeNewsletter(database.db);
      await makePosts(database.db, id, titles('one'));
      await makeReaders(database.db, id, 1, { prefix: `both${order[0]}-` });
      const issues = [await fanOut(id)];
      await makePosts(database.db, id, titles('two'));
      issues.push(await fanOut(id));
      for (const index of order) await cancel(issues[index] ?? '');
      expect(Object.values(await listsOf(await fanOut(id)))).toEqual([['one', 'two']]);
    }
  });

  test.each([421, 451])('while a hand-over is under way that ends with %i', async (code) => {
    const { id } = await makeNewsletter(database.db);
    await makePosts(database.db, id, titles('one'));
    await makeReaders(database.db, id, 1, { prefix: `under-way-${code}-` });
    const first = await fanOut(id);
    const delivery = await deliveryDeps(database.db, sink.url);
    sink.onStage((stage) => (stage === 'rcpt' ? { code, text: '4.3.0 wait' } : undefined));
    await sendBatch(
      {
        ...delivery,
        domains: {
          ...delivery.domains,
          async within(_address, handOver) {
            expect(await cancel(first)).toEqual({ ok: true });
            return handOver();
          },
        },
      },
      { issueId: first, batch: 1 },
    );
    sink.onStage(undefined);
    await delivery.close();
    await sweep(database.db);
    expect(await ledger(database.db, first)).toEqual({ excluded: 1 });
    expect(Object.values(await listsOf(await fanOut(id)))).toEqual([['one']]);
  });

  test('after a relay had given up on a reader', async () => {
    const { id } = await makeNewsletter(database.db);
    await makePosts(database.db, id, titles('one'));
    await makeReaders(database.db, id, 2, { prefix: 'late' });
    const first = await fanOut(id);
    await expire(first, at('late1'));
    await cancel(first);
    expect(await ledger(database.db, first)).toEqual({ refused: 1, excluded: 1 });
    expect(await listsOf(await fanOut(id))).toEqual({ late1: ['one'], late2: ['one'] });
  });

  test('a reader who may have had it, and had it again on request, does not get it a third time', async () => {
    const { id } = await makeNewsletter(database.db);
    await makePosts(database.db, id, titles('one'));
    await makeReaders(database.db, id, 2, { prefix: 'again' });
    const first = await fanOut(id);
    await expire(first, at('again1'), 'uncertain');
    await database.db.query(
      `update deliveries set state = 'uncertain', reason = 'worker-died'
       where issue_id = $1 and state = 'refused'`,
      [first],
    );
    await resend(
      { db: database.db, enqueue: rememberingQueue().enqueue, now: present },
      { issueId: first, state: 'uncertain' },
    );
    await cancel(first);
    expect(await ledger(database.db, first)).toEqual({ excluded: 2 });
    expect(await listsOf(await fanOut(id))).toEqual({ again2: ['one'] });
  });
});

describe('an issue that no relay accepted when the next one is near', () => {
  /** Runs the sweep so many hours from now; negative: ago. */
  const sweepIn = (hours: number) => sweep(database.db, undefined, ago(-hours));

  test('comes as a part of that, once', async () => {
    const { id } = await makeNewsletter(database.db);
    await makePosts(database.db, id, titles('one'));
    await makeReaders(database.db, id, 2, { prefix: 'down' });
    const first = await fanOut(id, {}, ago(25));
    await sweepIn(-25);
    expect(await ledger(database.db, first)).toEqual({ queued: 2 });
    await sweepIn(0);
    expect(await ledger(database.db, first)).toEqual({ excluded: 2 });
    expect((await getIssue(database.db, first))?.status).toBe('finished');
    await makePosts(database.db, id, titles('two'));
    expect(await listsOf(await fanOut(id))).toEqual({ down1: ['one', 'two'], down2: ['one', 'two'] });
  });

  test('continues while it makes progress, or just after an admin resumed it', async () => {
    const { id } = await makeNewsletter(database.db);
    await makePosts(database.db, id, titles('one'));
    await makeReaders(database.db, id, 3, { prefix: 'slow' });
    const first = await fanOut(id, {}, ago(25));
    const delivery = await deliveryDeps(database.db, sink.url, { connections: 1, now: ago(25) });
    sink.onStage((stage) => (stage === 'rcpt' && sink.messages.length > 0 ? 'drop' : undefined));
    await sendBatch(delivery, { issueId: first, batch: 1 });
    await delivery.progress.flush();
    sink.onStage(undefined);
    await delivery.close();
    // Progress is a sign of life: it has the database's time.
    await sweepIn(0);
    expect((await ledger(database.db, first))['excluded']).toBeUndefined();
    const admin = { db: database.db, enqueue: rememberingQueue().enqueue, now: ago(-1) };
    expect(await pauseIssue(admin, { issueId: first, reason: 'a look first' })).toEqual({ ok: true });
    expect(await resumeIssue(admin, { issueId: first })).toEqual({ ok: true });
    await sweepIn(1);
    expect((await ledger(database.db, first))['excluded']).toBeUndefined();
    await sweepIn(2);
    expect((await ledger(database.db, first))['excluded']).toBeGreaterThan(0);
  });

  test('is not called off again when an admin sends it again', async () => {
    const { id } = await makeNewsletter(database.db);
    await makePosts(database.db, id, titles('one'));
    await makeReaders(database.db, id, 1, { prefix: 'wished' });
    const first = await fanOut(id, {}, ago(100));
    await database.db.query(
      `update deliveries set state = 'refused', reason = 'permanent' where issue_id = $1`,
      [first],
    );
    await sweepIn(0);
    await resend(
      { db: database.db, enqueue: rememberingQueue().enqueue, now: present },
      { issueId: first, state: 'refused' },
    );
    await sweep(database.db);
    expect(await ledger(database.db, first)).toEqual({ queued: 1 });
  });

  test('of a weekly newsletter waits for its relay for more than a day', async () => {
    // Monday is 1. The weekly day is three days from now, so the last slot was four days ago.
    const weeklyDay = ((new Date().getUTCDay() + 2) % 7) + 1;
    const { id } = await makeNewsletter(database.db, {
      timezone: 'UTC',
      schedule: { frequencies: ['weekly'], weeklyDay },
    });
    await makePosts(database.db, id, titles('one'));
    await makeReaders(database.db, id, 1, { prefix: 'weekly' });
    const first = await fanOut(id, {}, ago(26));
    await sweepIn(0);
    expect(await ledger(database.db, first)).toEqual({ queued: 1 });
  });
});

test('through a relay that says 451 when the next digest is near', async () => {
  const soon = new Date(Date.now() + 120_000).toISOString().slice(11, 16);
  const { id } = await makeNewsletter(database.db, { timezone: 'UTC', schedule: { sendTime: soon } });
  await makePosts(database.db, id, titles('one'));
  await makeReaders(database.db, id, 2, { prefix: 'near' });
  const first = await fanOut(id);
  sink.onStage((stage, { rcpt }) =>
    stage === 'rcpt' && rcpt === at('near1') ? { code: 451, text: '4.2.1 later' } : undefined,
  );
  const delivery = await deliveryDeps(database.db, sink.url);
  await sendAll(delivery, first);
  await delivery.close();
  sink.onStage(undefined);
  expect(await ledger(database.db, first)).toEqual({ accepted: 1, refused: 1 });
  expect(await listsOf(await fanOut(id))).toEqual({ near1: ['one'] });
});
