// An issue's report: where its messages stand, problems grouped by the server's reply, and what one can do about them.
import { problemsOf, problemsRead } from '../../src/delivery/problems/group-problems.js';
import { enqueueProblemActs, runProblemAct } from '../../src/delivery/problems/act-on-problem.js';
import type { Enqueue } from '../../src/queues.js';
import { barOf } from '../../src/console/report/view.js';
import { suppressBounced } from '../../src/subscribers/suppressions.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { evidence, issueFor, makeReaders } from '../support/newsroom.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database, { publicUrl: 'http://digest.example.org' });
let owner: Visitor;
let viewer: Visitor;
let issueId: string;
let newsletterId: string;
let page: string;

const said = [
  ['refused', 'hard', 550, '550 5.1.1 <%@readers.example.org>: User unknown'],
  ['refused', 'hard', 550, '550 5.1.1 <%@readers.example.org>: User unknown'],
  ['refused', 'hard', 550, '550 5.1.1 <%@readers.example.org>: User unknown'],
  ['refused', 'content', 554, '554 5.7.1 Message % rejected as spam'],
  ['refused', 'content', 554, '554 5.7.1 Message % rejected as spam'],
  ['uncertain', 'worker-died', null, null],
  ['deferred', null, 452, '452 4.2.2 Mailbox full'],
] as const;

beforeAll(async () => {
  const { db } = database;
  ({ issueId, newsletterId } = await issueFor(db, 12, { posts: 2, name: 'The Report' }));
  await makeReaders(db, newsletterId, 1, { prefix: 'later' });
  page = `/console/issues/${issueId}`;
  const ids = await db.query<{ id: string }>(
    'select subscriber_id as id from deliveries where issue_id = $1 order by 1',
    [issueId],
  );
  for (const [at, { id }] of ids.entries()) {
    const [state, reason, code, reply] = said[at] ?? ['accepted', null, 250, '250 ok'];
    await db.change(
      `update deliveries set state = $3, reason = $4, reply_code = $5, reply = $6, attempts = 1, changed_at = now(),
         due_at = case when $3 = 'deferred' then now() + interval '1 hour' end
       where issue_id = $1 and subscriber_id = $2`,
      [issueId, id, state, reason, code, reply?.replace('%', `reader${at}`) ?? null],
    );
  }
  [owner, viewer] = [visitor(app.url), visitor(app.url)];
  await owner.signIn(await makeAccount(db, 'owner'));
  await viewer.signIn(await makeAccount(db, 'viewer'));
});

const linkTo = (text: string, act: string): string =>
  (new RegExp(`href="([^"]*problems[^"]*act[^"]*${act})"`).exec(text)?.[1] ?? '')
    .replaceAll('&amp;', '&')
    .replaceAll('&#x3D;', '=');

test('one bar, the counts that are not zero, and problems grouped by reply', async () => {
  const { text, headers } = await viewer.get(page);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(text).toMatch(/<div data-part="accepted"><dt>accepted<\/dt><dd data-stat="accepted">5<\/dd>/);
  expect(text).toMatch(/<div data-part="bounced" hidden>/);
  const rows = [
    ...text.matchAll(/class="num">(\d+) ×<\/td>\s*<td[^>]*><span dir="auto"(?: lang="")?>([^<]*)/g),
  ];
  expect(rows.map(([, count, reply]) => [count, reply])).toEqual([
    ['3', '550 5.1.1 User unknown'],
    ['2', '554 5.7.1 Message reader3 rejected as spam'],
    ['1', 'no reply'],
    ['1', '452 4.2.2 Mailbox full'],
  ]);
  // A viewer sees the problems, and no act.
  expect(text).not.toContain('act=');
});

test('suppress asks with its number, suppresses these addresses, and is then said to be done', async () => {
  const { text } = await owner.get(page);
  const ask = await owner.get(linkTo(text, 'suppress'));
  expect(ask.text).toContain('Suppress 3 addresses?');
  expect(await database.db.query('select from suppressions')).toHaveLength(0);
  const fields = { group: /name="group" value="([^"]+)"/.exec(ask.text)?.[1] ?? '', act: 'suppress' };
  expect((await viewer.get(linkTo(text, 'suppress'))).text).toContain('cannot change anything');
  expect((await viewer.post(`${page}/problems`, fields)).status).toBe(403);
  expect((await owner.post(`${page}/problems`, fields)).location).toBe(`${page}?notice=problem-suppressed`);
  expect(await database.db.query('select from suppressions')).toHaveLength(3);
  expect((await owner.get(page)).text).toContain('suppressed: mailed no more');
  expect((await owner.post(`${page}/problems`, fields)).location).toBe(`${page}?notice=problem-gone`);
});

test('resend asks with its number, and sends again to this group alone', async () => {
  const problem = (await problemsOf(database.db, issueId)).find(({ reply }) => reply?.startsWith('554'));
  const ask = await owner.get(`${page}/problems?group=${problem?.key}&act=resend`);
  expect(ask.text).toContain('Send again to 2 readers?');
  const sent = await owner.post(`${page}/problems`, { group: problem?.key ?? '', act: 'resend' });
  expect(sent.location).toBe(`${page}?notice=resent`);
  const left = await database.db.query<{ state: string; count: number }>(
    `select state, count(*)::int as count from deliveries where issue_id = $1 group by 1 order by 1`,
    [issueId],
  );
  expect(Object.fromEntries(left.map(({ state, count }) => [state, count]))).toEqual({
    accepted: 5,
    deferred: 1,
    queued: 2,
    refused: 3,
    uncertain: 1,
  });
  const audit = await database.db.query<{ action: string }>(
    `select action from audit where subject = $1 order by id`,
    [`issue:${issueId}`],
  );
  expect(audit.map(({ action }) => action)).toEqual(['suppression.add', 'issue.resend']);
});

test.each([
  ['resend', 'content', '554 5.7.1 Message rejected as spam', 'Send again to 2,500 readers?'],
  ['suppress', 'hard', '550 5.1.1 User unknown', 'Suppress 2,500 addresses?'],
] as const)(
  '%s acts on all of very many, in lots, and the page says how many are done',
  async (act, reason, reply, asks) => {
    const { db } = database;
    await db.query('analyze');
    const large = await issueFor(db, 2_502, { posts: 1, name: `All ${act}` });
    await db.change(
      `update deliveries set state = 'refused', reason = $2, reply_code = left($3, 3)::int, reply = $3, attempts = 1,
       changed_at = now()
     where issue_id = $1`,
      [large.issueId, reason, reply],
    );
    // Two readers have another problem, and one of them comes last.
    await db.change(
      `update deliveries set reason = 'full', reply_code = 552, reply = '552 5.2.2 Mailbox full'
     where issue_id = $1 and subscriber_id in (select max(subscriber_id) from deliveries where issue_id = $1
       union all select min(subscriber_id) from deliveries where issue_id = $1)`,
      [large.issueId],
    );
    const report = `/console/issues/${large.issueId}`;
    expect((await owner.get(report)).text).toContain('Grouped from 1,000 of 2,502');
    const ask = await owner.get(linkTo((await owner.get(report)).text, act));
    expect(ask.text).toContain(asks);
    const fields = { group: /name="group" value="([^"]+)"/.exec(ask.text)?.[1] ?? '', act };
    expect((await owner.post(`${report}/problems`, fields)).location).toBe(`${report}?notice=problem-begun`);
    // The first lot is done. Nobody begins the same a second time.
    expect((await owner.post(`${report}/problems`, fields)).location).toBe(`${report}?notice=problem-begun`);
    const isAmongFirst = act === 'resend' ? 'Sending again' : 'Suppressing';
    expect((await owner.get(report)).text).toMatch(new RegExp(`${isAmongFirst}: (999|1,000) of 2,500 done`));

    const enqueued: unknown[] = [];
    const enqueue: Enqueue = (queue, payload) => {
      enqueued.push([queue, payload]);
      return Promise.resolve(true);
    };
    await enqueueProblemActs({ db, enqueue });
    const open = await db.one<{ id: string }>('select id from problem_acts where ended_at is null');
    expect(enqueued).toEqual([['issues', { kind: 'act-on-problem', actId: open.id }]]);
    const deps = { db, enqueue, now: () => new Date(), stopping: () => false };
    // Two workers with the same act do each lot once.
    await Promise.all([runProblemAct(deps, { actId: open.id }), runProblemAct(deps, { actId: open.id })]);
    expect((await owner.get(report)).text).toContain(
      act === 'resend' ? 'Sent again to 2,500 readers' : '2,500 addresses suppressed',
    );
    const states = await db.query<{ state: string; count: number; suppressed: number }>(
      `select d.state, count(*)::int as count, count(s.address_hash)::int as suppressed
     from deliveries d join subscribers r on r.id = d.subscriber_id left join suppressions s using (address_hash)
     where d.issue_id = $1 group by d.state order by d.state`,
      [large.issueId],
    );
    expect(states).toEqual(
      act === 'resend'
        ? [
            { state: 'queued', count: 2500, suppressed: 0 },
            { state: 'refused', count: 2, suppressed: 0 },
          ]
        : [{ state: 'refused', count: 2502, suppressed: 2500 }],
    );
    expect((await owner.post(`${report}/problems`, fields)).location).toBe(`${report}?notice=problem-gone`);
  },
);

test('an act of sending again ends when its issue is cancelled', async () => {
  const { db } = database;
  const large = await issueFor(db, 1_100, { posts: 1, name: 'Called off' });
  await db.change(
    `update deliveries set state = 'uncertain', reason = 'worker-died', changed_at = now() where issue_id = $1`,
    [large.issueId],
  );
  const report = `/console/issues/${large.issueId}`;
  const [problem] = await problemsOf(db, large.issueId);
  await owner.post(`${report}/problems`, { group: problem?.key ?? '', act: 'resend' });
  await db.change('update issues set cancelled_at = now() where id = $1', [large.issueId]);
  const open = await db.one<{ id: string }>('select id from problem_acts where ended_at is null');
  const enqueue = () => Promise.resolve(true);
  await runProblemAct({ db, enqueue, now: () => new Date(), stopping: () => false }, { actId: open.id });
  expect(await db.query('select from problem_acts where ended_at is null')).toEqual([]);
  expect(
    await db.one(`select count(*)::int as left from deliveries where issue_id = $1 and state = 'uncertain'`, [
      large.issueId,
    ]),
  ).toEqual({ left: 100 });
});

test('recipients by state, and whether one reader got it', async () => {
  const refused = await viewer.get(`${page}/recipients?state=refused`);
  expect(refused.text.match(/data-state="refused"/g)).toHaveLength(3);
  expect(refused.text).not.toContain('recipients.csv');
  const found = await viewer.get(`${page}/recipients?search=later1@`);
  expect(found.text).toContain('later1@readers.example.org');
  expect(found.text).toContain('got no message');
  expect((await viewer.get(`${page}/recipients?search=la`)).text).toContain('at least three characters');
  const file = await owner.get(`${page}/recipients.csv?state=deferred`);
  expect(file.text).toMatch(
    /^email,state,reply,changed_at\r\n[^,]+@[^,]+,deferred,452 4\.2\.2 Mailbox full,/,
  );
  expect(file.text.trim().split('\r\n')).toHaveLength(2);
});

test.each(['', '/recipients', '/mail', '/why'])('the tab %s is one of four links', async (tab) => {
  const { status, text } = await viewer.get(page + tab);
  expect(status).toBe(200);
  expect(text.match(/<nav class="tabs".*?<\/nav>/s)?.[0].match(/<a /g)).toHaveLength(4);
  expect(text).toContain(`href="${page}${tab}" aria-current="page"`);
});

test('of very many problems the first are read, by their index', async () => {
  const { db } = database;
  await db.query(
    `insert into deliveries (issue_id, subscriber_id, subscription_id, variant_id, batch, state, reason, reply_code, reply, read_from)
     select 1000 + $1::bigint, n, n, 1, 1, 'refused', 'policy', 550, '550 5.7.1 blocked', 0 from generate_series(1, $2::int) n`,
    [issueId, problemsRead + 10],
  );
  const [problem] = await problemsOf(db, String(1000 + Number(issueId)));
  expect(problem?.readers).toBe(problemsRead);
});

test('a page on which nobody matches, with readers yet to look through, leads on', async () => {
  const { db } = database;
  const { issueId: large } = await issueFor(db, 1, { posts: 1, name: 'The Large' });
  await db.change(
    `insert into deliveries (issue_id, subscriber_id, subscription_id, variant_id, batch, state, read_from)
     select $1, 1000000 + n, 1000000 + n, 1, 1, case when n > 20000 then 'accepted' else 'excluded' end, 0
     from generate_series(1, 20001) n`,
    [large],
  );
  const list = `/console/issues/${large}/recipients`;
  const first = await owner.get(`${list}?state=accepted`);
  expect(first.text).toContain('Nothing on this page matches');
  const [, next = ''] =
    /<a class="button" data-kind="primary" href="([^"]*)">Keep looking/.exec(first.text) ?? [];
  const second = await owner.get(next.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='));
  expect(second.text).not.toContain('Keep looking');
  expect(second.text.match(/data-state="accepted"/g)).toHaveLength(1);
});

test('a search with more than a page of readers has a next page', async () => {
  const { db } = database;
  const { issueId: other, newsletterId: id } = await issueFor(db, 1, { posts: 1, name: 'The Wide' });
  await makeReaders(db, id, 60, { prefix: 'wide' });
  const seen = new Set<string>();
  for (let to = `/console/issues/${other}/recipients?search=wide`; to !== '';) {
    const { text } = await owner.get(to);
    for (const [, email = ''] of text.matchAll(/<bdi>(wide[^<]*)<\/bdi>/g)) seen.add(email);
    to = (/class="pages"[^>]*><a class="button" href="([^"]*)"/.exec(text)?.[1] ?? '')
      .replaceAll('&amp;', '&')
      .replaceAll('&#x3D;', '=');
  }
  expect(seen.size).toBe(60);
});

test('a reader whose address was suppressed before is not counted', async () => {
  const { db } = database;
  const uncertain = await db.one<{ id: string }>(
    `select subscriber_id as id from deliveries where issue_id = $1 and state = 'uncertain'`,
    [issueId],
  );
  const resendable = async () =>
    (await problemsOf(db, issueId)).find(({ state }) => state === 'uncertain')?.resendTo.length;
  expect(await resendable()).toBe(1);
  await suppressBounced(db, [{ subscriberId: uncertain.id, evidence: evidence('x') }]);
  expect(await resendable()).toBe(0);
});

test('the parts of the bar stand beside one another', () => {
  const none = { candidates: 0, excluded: 0, queued: 0, sending: 0, accepted: 0, deferred: 0, refused: 0 };
  const counts = { ...none, uncertain: 0, bounced: 0, complained: 0 };
  const seen = barOf({ ...counts, candidates: 10, excluded: 2, accepted: 4, refused: 2, queued: 2 });
  expect(seen.filter(({ count }) => count > 0).map(({ state, x, width }) => [state, x, width])).toEqual([
    ['accepted', 0, 50],
    ['refused', 50, 25],
    ['queued', 75, 25],
  ]);
  expect(barOf(counts).every(({ width }) => width === 0)).toBe(true);
});
