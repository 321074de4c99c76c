// The answer to each POST of a reader's page is a redirect to a page (RFC 9110 section 15.4.4): Back and reload
// do not post again. The walk finds every declared route; a new one needs an entry here.
import { day } from '../../src/durations.js';
import { expireUnconfirmed } from '../../src/joining/resume-confirmations.js';
import { useDatabase } from '../support/fixture.js';
import { useEveryRoute } from '../support/every-route.js';
import { makePending } from '../support/joining.js';
import { makeNewsletter } from '../support/newsroom.js';

const database = useDatabase();
const every = useEveryRoute(database);

/** Paths whose answer has a reason to be none. */
const exceptions: Record<string, string> = {
  '/n/:slug/subscribe': 'CONTRACT: the answer to a form is a page, on any site',
  '/subscribe': 'the same, for several newsletters',
  '/hooks/websub/:token': 'a program posts',
  '/hooks/feedback/:relay': 'a program posts',
  '/hooks/ghost/:id': 'a program posts',
};

/** Of the console: POSTs that may answer with a page or a file. Asking for them again repeats no effect, or none is possible. */
const pagesOfTheConsole: Record<string, string> = {
  '/console/newsletters/:slug/look/preview': 'tries a form, and keeps nothing',
  '/console/newsletters/:slug/look/words/preview': 'tries a form, and keeps nothing',
  '/console/newsletters/:slug/look/templates/preview': 'tries a form, and keeps nothing',
  '/console/newsletters/:slug/form/preview': 'tries a form, and keeps nothing',
  '/console/newsletters/:slug/feeds/discover': 'looks at another site, and keeps nothing',
  '/console/integrations': 'shows a key once, which no address may hold',
  '/console/integrations/webhooks': 'shows a secret once, which no address may hold',
  '/console/integrations/ghost': 'shows a secret once, which no address may hold',
  '/console/subscribers/:id/export': 'a file',
  '/console/newsletters/:slug/readers/selected/export/:ids': 'a file',
};

const forms: [path: string, fields: Record<string, string>, page: string][] = [
  ['/preferences/:token', { action: 'save', sendTime: '18:00' }, 'Saved.'],
  ['/preferences/:token', { action: 'pause', until: pauseEnd() }, 'Enjoy the quiet'],
  ['/preferences/:token', { action: 'resume' }, 'The pause is over.'],
  ['/preferences/:token', { action: 'leave', newsletter: 'open' }, 'You have unsubscribed from Open.'],
  ['/preferences/:token', { action: 'join', newsletter: 'open' }, 'You are now subscribed to Open.'],
  ['/preferences/:token', { action: 'stay' }, 'stays the same'],
  ['/preferences/:token', { action: 'move', address: 'new@example.org' }, 'new@example.org'],
  ['/preferences/:token', { action: 'erase' }, 'erase-for-good'],
  ['/preferences/:token', { action: 'save', frequency: 'off' }, 'From now on we no longer send Closed'],
  ['/preferences/:token', { action: 'reason', reason: 'too-often' }, 'Thank you'],
  ['/preferences/:token', { action: 'rejoin' }, 'Welcome back.'],
  ['/unsubscribe/:token?via=page', {}, 'From now on we no longer send Closed'],
  ['/preferences/:token', { action: 'rejoin-weekly' }, 'Welcome back.'],
  ['/address/:token', { answer: 'no' }, ''],
  ['/confirm/:token', {}, 'You are subscribed'],
  ['/review/:token/save', { subject: 'Another' }, ''],
  ['/review/:token/check-links', {}, ''],
  ['/review/:token/approve', {}, ''],
  ['/review/:token/retract', {}, ''],
  ['/review/:token/cancel', {}, ''],
  ['/held/:token/release', {}, ''],
  ['/held/:token/known', {}, ''],
];

/** In two weeks. */
function pauseEnd(): string {
  return new Date(Date.now() + 14 * day).toISOString().slice(0, 10);
}

const plain = (html: string): string => html.replaceAll(/<[^>]*>/g, '').replaceAll('&#x3D;', '=');

async function post(path: string, fields: Record<string, string>) {
  const url = every.app.url + (every.fill(path) ?? path);
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  await answer.arrayBuffer();
  const location = answer.headers.get('location');
  return { status: answer.status, next: location === null ? undefined : new URL(location, url).href };
}

test('each form of a page redirects to a page that tells the outcome, in the clicked language', async () => {
  for (const [path, fields, said] of forms) {
    const { status, next } = await post(path, fields);
    expect({ path, fields, status }).toEqual({ path, fields, status: 303 });
    const page = await (await fetch(next ?? '')).text();
    const isSaid = page.includes(said) || plain(page).includes(said);
    expect({ path, fields, said, isSaid }).toEqual({ path, fields, said, isSaid: true });
  }
  const german = await post('/preferences/:token', { action: 'resume' });
  expect(german.next).not.toContain('lang=');
  const { next } = await post('/preferences/:token?lang=de', { action: 'save', sendTime: '18:30' });
  expect(await (await fetch(next ?? '')).text()).toContain('Gespeichert.');
});

test('a fresh confirmation link and an erasure are told by the next page, though the database has forgotten', async () => {
  const { db } = database;
  const { id: newsletterId } = await makeNewsletter(db);
  const asked = { email: 'late@readers.example.org', newsletterId };
  const token = await makePending(db, asked, () => new Date(Date.now() - 8 * day));
  expect(await expireUnconfirmed({ db, now: () => new Date() })).toBe(1);
  const sent = await post(`/confirm/${token}/again`, {});
  expect(sent.status).toBe(303);
  await database.db.change(`update subscriptions set confirm_token_hash = null`);
  const inbox = await (await fetch(sent.next ?? '')).text();
  expect(inbox).toContain('Check your inbox');
  expect(inbox).toContain('late@readers.example.org');
  expect(sent.next).not.toContain('example.org/');

  const erased = await post('/preferences/:token', { action: 'erase-for-good' });
  expect(erased.status).toBe(303);
  const page = await (await fetch(erased.next ?? '')).text();
  expect(page).toContain('Everything is erased');
  expect(page).toContain('@readers.example.org');
  // Another text in its place shows nobody's address.
  const forged = await fetch(
    (erased.next ?? '').replace(/erased=.*/, 'erased=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ'),
  );
  expect(await forged.text()).toContain('This page no longer exists');
});

test('a POST of the console is refused or redirects', async () => {
  const cookie = await every.cookieOf('owner');
  const home = await (await fetch(`${every.app.url}/console`, { headers: { cookie } })).text();
  const csrf = / name="csrf" value="([^"]*)"/.exec(home)?.[1]?.replaceAll('&#x3D;', '=') ?? '';
  const answered: string[] = [];
  let redirects = 0;
  for (const path of every.posts.filter((one) => one.startsWith('/console/') && !/sign-(in|out)/.test(one))) {
    const filled = every.fill(path);
    if (filled === undefined || Object.hasOwn(pagesOfTheConsole, path)) continue;
    const answer = await fetch(every.app.url + filled, {
      method: 'POST',
      headers: { cookie },
      body: new URLSearchParams({ csrf }),
      redirect: 'manual',
    });
    await answer.body?.cancel();
    if (answer.status === 303) redirects += 1;
    if (answer.status < 300) answered.push(`${path}: ${answer.status}`);
  }
  expect(answered).toEqual([]);
  expect(redirects).toBeGreaterThan(20);
});

test('no page that posts is left out', () => {
  const known = new Set(forms.map(([path]) => path.replace(/\?.*/, '')));
  const left = every.posts.filter(
    (path) =>
      !/^\/(api|console)\b/.test(path) &&
      !known.has(path) &&
      !Object.hasOwn(exceptions, path) &&
      path !== '/confirm/:token/again',
  );
  expect(left).toEqual([]);
});

test('a mail program that posts to the unsubscribe link is never redirected (RFC 8058 section 3.1)', async () => {
  const { status } = await post('/unsubscribe/:token', { 'List-Unsubscribe': 'One-Click' });
  expect([200]).toContain(status);
});
