// Every page and act of the console with every role: owners do all, editors all but the pages of owners, viewers only
// look. A new route of owners or editors needs an entry here.
import { roles, type Role } from '../../src/accounts/permission.js';
import { useDatabase } from '../support/fixture.js';
import { useEveryRoute } from '../support/every-route.js';
import { visitor } from './browser-session.js';

const database = useDatabase();
const every = useEveryRoute(database);

/** Pages and acts of owners alone. */
const ofOwners = /^\/console\/(audit|delivery|integrations|team)(\/|\.|$)/;
/** Pages that a viewer may not open: files of readers, and pages that are one form. Growth is numbers alone. */
const ofEditors =
  /\/(?!growth)[^/]*\.(csv|ndjson)$|^\/console\/(first-run|new-newsletter)|^\/console\/newsletters\/:slug\/(delete$|(readers|posts|feeds)\/new$|form\/questions\/|readers\/selected(\/|$))|^\/console\/subscribers\/:id\/erase$|^\/console\/sending\/(release|resume)$/;
/** Of a person's own account, in any role, or before a sign-in. */
const ofEveryone = /^\/console\/(sign-|profile|invitation|forgotten|password|reset|second-factor|prove)/;

const allowed = (path: string): readonly Role[] =>
  ofOwners.test(path) ? ['owner'] : ofEditors.test(path) ? ['owner', 'editor'] : roles;

test('each page opens for the roles that may see it, and for no other', async () => {
  const pages = every.declared.filter((path) => path.startsWith('/console') && !ofEveryone.test(path));
  expect(pages.filter((path) => ofOwners.test(path)).length).toBeGreaterThan(5);
  const wrong: string[] = [];
  for (const role of roles) {
    const cookie = await every.cookieOf(role);
    for (const declared of pages.filter((path) => role !== 'owner' || ofOwners.test(path))) {
      const answer = await fetch(every.app.url + (every.fill(declared) ?? declared), {
        headers: { cookie, accept: 'text/html,*/*' },
        redirect: 'manual',
      });
      await answer.body?.cancel();
      if ((answer.status === 403) === allowed(declared).includes(role))
        wrong.push(`${role} ${declared}: ${answer.status}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('a viewer changes nothing, and an editor nothing of owners', async () => {
  const acts = every.posts.filter((path) => path.startsWith('/console') && !ofEveryone.test(path));
  expect(acts.length).toBeGreaterThan(40);
  const wrong: string[] = [];
  for (const role of ['viewer', 'editor'] as const) {
    await every.cookieOf(role);
    const browser = visitor(every.app.url);
    await browser.signIn(`${role}@example.org`);
    // Any page gives the token of the forms.
    await browser.get('/console');
    for (const declared of acts.filter((path) => role === 'viewer' || ofOwners.test(path))) {
      const { status, text } = await browser.post(every.fill(declared) ?? declared);
      if (status !== 403 || !text.includes('Your role does not allow this'))
        wrong.push(`${role} ${declared}: ${status}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('a viewer meets no field or button that does nothing, and each page says why once', async () => {
  const cookie = await every.cookieOf('viewer');
  const wrong: string[] = [];
  for (const declared of every.declared.filter(
    (path) => path.startsWith('/console') && !ofEveryone.test(path),
  )) {
    const answer = await fetch(every.app.url + (every.fill(declared) ?? declared), {
      headers: { cookie, accept: 'text/html' },
      redirect: 'manual',
    });
    // The events of an issue do not end.
    if (!answer.headers.get('content-type')?.includes('html')) {
      await answer.body?.cancel();
      continue;
    }
    const text = await answer.text();
    const main = text.includes('class="rail"') ? /<main[^]*<\/main>/.exec(text)?.[0] : undefined;
    if (main === undefined) continue;
    const reasons = main.split('Changing it takes the role Editor or Owner.').length - 1;
    if (reasons !== (answer.status === 403 ? 0 : 1))
      wrong.push(`${declared} (${answer.status}) says why ${reasons} times`);
    if (/\sdisabled|<form[^>]*method="post"|<textarea/.test(main)) wrong.push(`${declared} has a form`);
  }
  expect(wrong).toEqual([]);
});
