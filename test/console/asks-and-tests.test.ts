// What mails people asks first and says to how many; what mails oneself says what became of it.
import { drawPicture } from '../../src/demo/picture.js';
import { pause } from '../../src/issues/sending.js';
import { startImageSite } from '../images/image-site.js';
import { closeAfterTest, useApp, useDatabase } from '../support/fixture.js';
import { issueFor, makeNewsletter } from '../support/newsroom.js';
import { recordPosts } from '../../src/posts/record-posts.js';
import { makeAccount, visitor, type Visitor } from './browser-session.js';

const database = useDatabase();
const app = useApp(database);
let owner: Visitor;
let viewer: Visitor;

beforeAll(async () => {
  const { db } = database;
  [owner, viewer] = [visitor(app.url), visitor(app.url)];
  await owner.signIn(await makeAccount(db, 'owner'));
  await viewer.signIn(await makeAccount(db, 'viewer'));
});

test('resuming a paused issue asks, and says how many readers wait', async () => {
  const { db } = database;
  const { issueId } = await issueFor(db, 5, { name: 'Harbour' });
  const page = `/console/issues/${issueId}`;
  expect((await owner.get(`${page}/resume`)).location).toBe(`${page}?notice=wrong-state`);
  await db.change(
    `update deliveries set state = 'accepted' where issue_id = $1
       and subscriber_id = (select min(subscriber_id) from deliveries where issue_id = $1)`,
    [issueId],
  );
  await owner.get(page);
  await owner.post(`${page}/pause`);
  expect((await owner.get(page)).text).toContain(`href="${page}/resume"`);
  const asked = await owner.get(`${page}/resume`);
  expect(asked.text).toContain('Resume, and send to 4 readers?');
  await db.change(`update accounts set language = 'de' where email = 'viewer@example.org'`);
  expect((await viewer.get(page)).text).toContain('<p>Angehalten: von Hand.</p>');
  await db.change(`update accounts set language = 'en' where email = 'viewer@example.org'`);
  const seen = await viewer.get(`${page}/resume`);
  expect(seen.text).toContain('Your role can view this page');
  expect(seen.text).not.toContain('<button class="button" data-kind="primary"');
  expect((await owner.post(`${page}/resume`)).location).toBe(`${page}?notice=resumed`);
});

test('before its freeze an issue goes to as many as there are at most, and one in review waits again', async () => {
  const { db } = database;
  const { id } = await makeNewsletter(db, { name: 'Quay' });
  const { id: issueId } = await db.one<{ id: string }>(
    `insert into issues (newsletter_id, kind, slot, review) values ($1, 'manual', now(), 'hold') returning id`,
    [id],
  );
  await pause(db, issueId, { by: 'admin', reason: 'by hand' });
  const { text } = await owner.get(`/console/issues/${issueId}/resume`);
  expect(text).toContain('Resume, and send to up to 0 readers?');
  expect(text).toContain('waits for an approval again');
});

test('an issue goes to the person who asks, from its mail and from its review', async () => {
  const { issueId } = await issueFor(database.db, 2, { name: 'Dock' });
  const page = `/console/issues/${issueId}`;
  app.sink.clear();
  expect((await owner.get(`${page}/mail`)).text).toContain(`action="${page}/test"`);
  expect((await owner.post(`${page}/test`)).location).toBe(`${page}/mail?notice=test-sent`);
  expect((await owner.get(`${page}/review`)).text).toContain(`action="${page}/test?from&#x3D;review"`);
  expect((await owner.post(`${page}/test?from=review`)).location).toBe(`${page}/review?notice=test-sent`);
  expect(app.sink.messagesTo('owner@example.org')).toHaveLength(2);
  expect((await viewer.get(`${page}/mail`)).text).not.toContain('/test"');
  expect((await viewer.post(`${page}/test`)).status).toBe(403);
  const act = await database.db.one('select action, subject from audit order by id desc limit 1');
  expect(act).toEqual({ action: 'issue.test', subject: `issue:${issueId}` });
});

test('the editor of the next issue shows small pictures from here, and its test comes back to it', async () => {
  const { db } = database;
  const site = closeAfterTest(await startImageSite({ 'dawn.png': drawPicture('dawn') }));
  const { id, slug } = await makeNewsletter(db, { name: 'Pier' });
  const { postIds } = await recordPosts(
    { db, now: () => new Date() },
    {
      newsletterId: id,
      feed: null,
      posts: [
        {
          guid: 'with',
          url: 'https://pier.example/1',
          title: 'With',
          html: '<p>One</p>',
          image: { url: `${site.url}/dawn.png` },
        },
        { guid: 'without', url: 'https://pier.example/2', title: 'Without', html: '<p>Two</p>' },
      ],
    },
  );
  const home = `/console/newsletters/${slug}`;
  const page = await owner.get(`${home}/next-issue`);
  const [pictures, src] = [page.text.match(/<img /g), `${home}/posts/${postIds[0]}/thumbnail`];
  expect(pictures).toHaveLength(1);
  expect(page.text).toContain(`src="${src}"`);
  const picture = await owner.get(src);
  expect([picture.status, picture.headers.get('content-type')]).toEqual([
    200,
    expect.stringMatching(/^image\//),
  ]);
  expect((await owner.get(`${home}/posts/${postIds[1]}/thumbnail`)).status).toBe(404);
  // Of another newsletter.
  expect((await owner.get(`/console/newsletters/dock/posts/${postIds[0]}/thumbnail`)).status).toBe(404);
  expect(page.text).toContain(`action="${home}/test?from&#x3D;next-issue"`);
  expect((await owner.post(`${home}/test?from=next-issue`)).location).toBe(
    `${home}/next-issue?notice=test-sent`,
  );
});

test('a viewer reads why there is nothing to press; with nobody to send to, nothing offers to send', async () => {
  const home = '/console/newsletters/pier';
  const why = 'Changing it takes the role Editor or Owner.';
  expect((await viewer.get(home)).text).toContain(why);
  expect((await owner.get(home)).text).not.toContain(why);
  const { text } = await owner.get(`${home}/next-issue`);
  expect(text).not.toContain('/send"');
  expect(text).toContain('<summary>3 links</summary>');
  expect(text).toMatch(/\d+ kB/);
  // The newsletter's subject is a template, which nobody needs to read here.
  expect(text).not.toContain('{{');
});

test('a reader of one newsletter is shown beside its pages', async () => {
  const { db } = database;
  const { newsletterId } = await issueFor(db, 1, { name: 'Mole' });
  const { id } = await db.one<{ id: string }>(
    'select subscriber_id as id from subscriptions where newsletter_id = $1',
    [newsletterId],
  );
  const one = await owner.get(`/console/subscribers/${id}`);
  expect(one.text).toContain('<a href="/console/newsletters/mole/readers" aria-current="page">');
  const { id: other } = await makeNewsletter(db, { name: 'Groyne' });
  await db.change(
    `insert into subscriptions (newsletter_id, subscriber_id, requested_at) values ($1, $2, now())`,
    [other, id],
  );
  const two = await owner.get(`/console/subscribers/${id}`);
  expect(two.text).toContain('<a href="/console/subscribers" aria-current="page">');
});
