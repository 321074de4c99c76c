// Commands that change the content and schedule of issues, and an issue in review.
import { rm } from 'node:fs/promises';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { holdDataDir } from '../../src/embedded/hold.js';
import { temporaryFolder } from '../support/database.js';
import { closeAfterAll, useDatabase } from '../support/fixture.js';
import {
  assembleDeps,
  fanOutNext,
  makeNewsletter,
  makePosts,
  makeReaders,
  secretKey,
} from '../support/newsroom.js';
import { run, type Run } from './run.js';

const database = useDatabase();
let folder: string;
let hold: ReturnType<typeof holdDataDir>;
let posts: string[];
let issueId = '';
const deps = () => assembleDeps(database.db);

beforeAll(async () => {
  folder = await temporaryFolder();
  hold = holdDataDir(folder);
  const { id } = await makeNewsletter(database.db, { schedule: { review: 'hold', retractMinutes: 60 } });
  await makeReaders(database.db, id, 2);
  posts = await makePosts(database.db, id, [{ title: 'one' }, { title: 'two' }, { title: 'three' }]);
  const made = await assembleNow(deps(), { newsletterId: id });
  issueId = made.status === 'created' ? made.issueId : '';
});
closeAfterAll(async () => {
  hold.release();
  await rm(folder, { recursive: true, force: true });
});

const digest = (...args: string[]): Promise<Run> =>
  run(args, {
    DATABASE_URL: database.url,
    DATA_DIR: folder,
    SECRET_KEY: secretKey,
    SMTP_URL: 'smtp://127.0.0.1:1',
  });
const json = async (...args: string[]) => (await digest(...args, '--json')).json;

test('selection, words and schedule are changed and shown', async () => {
  expect(
    await json(
      'newsletter',
      'selection',
      '--order',
      'topic',
      '--exclude',
      'Ads, Jobs',
      '--max-posts',
      '7',
      '--topic-map',
      'Politik=Politics,Uncategorized=',
    ),
  ).toMatchObject({
    order: 'topic',
    exclude: ['Ads', 'Jobs'],
    topicMap: { Politik: 'Politics', Uncategorized: '' },
    minPosts: 1,
    maxPosts: 7,
  });
  expect((await digest('newsletter', 'selection')).stdout).toMatch(
    /exclude\s+Ads, Jobs\ntopic map\s+Politik → Politics, Uncategorized → \(dropped\)\nposts\s+1 to 7/,
  );
  await digest('newsletter', 'words', '--opening', 'Hello.', '--sponsor', 'Rope & Co');
  expect(await json('newsletter', 'words', '--sponsor', 'none')).toEqual({
    opening: 'Hello.',
    closing: null,
    sponsor: null,
  });
  expect(await json('newsletter', 'schedule', '--review-timeout', 'skip', '--weekdays', '1,5')).toMatchObject(
    {
      review: 'hold',
      reviewTimeout: 'skip',
      weekdays: [1, 5],
    },
  );
  expect((await digest('newsletter', 'schedule')).stdout).toMatch(/^Every Monday and Friday at .*\n/);
});

test.each([
  [
    ['newsletter', 'selection', '--order', 'best'],
    /'best' is invalid\. Allowed choices are newest, oldest, topic, comments/,
  ],
  [['newsletter', 'selection', '--topic-map', 'Politik'], /"Politik" is not CATEGORY=TOPIC/],
  [['newsletter', 'selection', '--min-posts', '90'], /--min-posts: must not be greater than maxPosts/],
  [['newsletter', 'schedule', '--weekdays', '1,8'], /--weekdays/],
  [['newsletter', 'schedule', '--timezone', 'Mars'], /--timezone: must be an IANA time zone/],
  [['post', 'set', '1'], /Give --state, --pin or --unpin/],
  [['issue', 'edit', '1', '--posts', '1,x'], /--posts needs ids of posts, but "x" is not one/],
  [['issue', 'edit', '1', '--subject', '{{nonsense}}'], /--subject: /],
  [['issue', 'resend', '1'], /Required option '--state <refused\|uncertain>' not specified/],
  [['post', 'set', '1', '--pin', '--unpin'], /'--pin' cannot be used with option '--unpin'/],
])('%j is wrong usage', async (args, words) => {
  const ran = await digest(...args);
  expect([ran.status, ran.stdout]).toEqual([2, '']);
  expect(ran.stderr).toMatch(words);
});

test('an issue in review is shown, changed, approved, taken back, paused and cancelled', async () => {
  const [one = '', two = '', three = ''] = posts;
  expect(await json('issue', 'show', issueId)).toMatchObject({ status: 'review' });
  for (const number of ['No.1', 'no. 1', '#1'])
    expect(await json('issue', 'show', number)).toMatchObject({ id: issueId, number: 1 });
  expect(await json('issue', 'show', 'No.9')).toMatchObject({ error: { code: 'not-found' } });
  expect((await digest('issue', 'list')).stdout).toMatch(new RegExp(`${issueId}\\s+No\\.1\\s`));
  const edited = await digest(
    'issue',
    'edit',
    issueId,
    '--subject',
    'Mine: {{firstTitle}}',
    '--closing',
    'Bye.',
    '--posts',
    `${two},${one}`,
    '--later',
    three,
  );
  expect(edited.stdout).toMatch(/is waiting for review: Mine: two\n/);
  expect(edited.stdout).toMatch(
    /1\s+\d+\s+two\s*\n2\s+\d+\s+one\s*\n-\s+\d+\s+three\s+saved for the next issue/,
  );
  expect(await json('issue', 'edit', issueId, '--posts', '999999')).toMatchObject({
    error: { code: 'posts-not-in-issue' },
  });
  expect(await json('issue', 'approve', issueId)).toMatchObject({ status: 'frozen' });
  expect(await json('issue', 'edit', issueId, '--subject', 'x')).toMatchObject({
    error: { code: 'wrong-state' },
  });
  expect(await json('issue', 'retract', issueId)).toMatchObject({ status: 'review' });
  expect(await json('issue', 'approve', issueId)).toMatchObject({ status: 'frozen' });
  const twice = await digest('issue', 'approve', issueId);
  expect([twice.status, twice.stdout]).toEqual([1, '']);
  expect(twice.stderr).toBe(
    `daily-digest: Issue ${issueId} is waiting for its slot. This command is not possible now.\n`,
  );
  expect(await json('issue', 'pause', issueId, '--reason', 'lunch')).toMatchObject({ pauseReason: 'lunch' });
  expect(await json('issue', 'resume', issueId)).toMatchObject({ status: 'frozen' });
  expect(await json('issue', 'cancel', issueId)).toMatchObject({ status: 'cancelled' });
  expect(await json('issue', 'approve', issueId)).toMatchObject({ error: { code: 'wrong-state' } });
  expect((await digest('issue', 'cancel', 'x')).stderr).toBe('daily-digest: There is no issue x.\n');
  const { data } = (await json('post', 'list')) as { data: { id: string }[] };
  expect(data.map(({ id }) => id)).toEqual([three, two, one]);
});

test('a post is pinned, excluded and included again', async () => {
  const [one = ''] = posts;
  expect(await json('post', 'set', one, '--state', 'excluded', '--pin')).toMatchObject({
    state: 'excluded',
    pinned: true,
  });
  expect((await digest('post', 'list', '--state', 'excluded')).stdout).toMatch(/excluded\s+pinned\s+one/);
  expect((await digest('post', 'set', one, '--state', 'eligible', '--unpin')).stdout).toBe(
    '"one" is eligible.\n',
  );
  expect((await digest('post', 'set', '999999', '--pin')).status).toBe(1);
});

test('refused messages are sent again', async () => {
  const { id } = await database.db.one<{ id: string }>('select id from newsletters');
  const refusedId = await fanOutNext(deps(), id, { review: 'auto' });
  await database.db.query(`update deliveries set state = 'refused', reason = 'refused' where issue_id = $1`, [
    refusedId,
  ]);
  const again = await digest('issue', 'resend', refusedId, '--state', 'refused');
  expect(again.status).toBe(0);
  expect(again.stderr).toMatch(/\d messages? (is|are) sent again\./);
  expect(
    await database.db.query('select distinct state from deliveries where issue_id = $1', [refusedId]),
  ).toEqual([{ state: 'queued' }]);
  const none = await digest('issue', 'resend', refusedId, '--state', 'refused');
  expect([none.status, none.stderr]).toEqual([
    1,
    expect.stringContaining(`Issue ${refusedId} has no refused messages to send again.`),
  ]);
});
