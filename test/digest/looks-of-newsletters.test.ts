// Sets, tries out and keeps a newsletter's look through the API. An issue keeps the look it was frozen with.
import { useApp, useDatabase } from '../support/fixture.js';
import { assembleDeps, makeNewsletter, makePosts, makeReaders } from '../support/newsroom.js';
import { assembleNow } from '../../src/issues/assemble-now.js';
import { assemble } from '../../src/issues/assemble.js';
import { approveIssue } from '../../src/issues/change-issue.js';

const database = useDatabase();
const app = useApp(database);

const mjml = (word: string): string =>
  `<mjml lang="{{language}}" dir="{{look.direction}}">{{> head}}<mj-body width="{{look.width}}px">{{> preheader}}
<mj-section><mj-column><mj-text>${word}</mj-text>{{> masthead}}{{> posts}}{{> footer}}</mj-column></mj-section></mj-body></mjml>`;

const variantsOf = (issueId: string) =>
  database.db.query<{ html: string; bytes: number; language: string }>(
    'select html, bytes, language from variants where issue_id = $1 order by id',
    [issueId],
  );

test('a look is set in parts, and a refusal names the invalid part', async () => {
  const { id } = await makeNewsletter(database.db);
  const path = `/newsletters/${id}`;
  expect((await app.api('GET', path)).body['look']).toEqual({
    template: 'magazine',
    version: null,
    brandColour: '#0b5a78',
    logo: null,
    fonts: { headings: 'georgia', text: 'system' },
    images: 'linked',
    width: 600,
  });
  const logo = { url: 'https://example.org/logo.png', width: 220, height: 60 };
  await app.api('PATCH', path, { look: { template: 'letter', brandColour: '#F2B705', logo } });
  const changed = await app.api('PATCH', path, { look: { fonts: { text: 'verdana' } } });
  expect(changed.body['look']).toMatchObject({
    template: 'letter',
    brandColour: '#f2b705',
    logo,
    fonts: { headings: 'georgia', text: 'verdana' },
  });
  for (const [look, at] of [
    [{ brandColour: 'red' }, 'look.brandColour'],
    [{ brandColour: '#123456;}' }, 'look.brandColour'],
    [{ template: 'fancy' }, 'look.template'],
    [{ fonts: { text: "Arial';x" } }, 'look.fonts.text'],
    [{ width: 2000 }, 'look.width'],
    [{ logo: { ...logo, url: 'javascript:alert(1)' } }, 'look.logo.url'],
    [{ shadow: true }, 'look.shadow'],
    [{ template: 'own', version: 3 }, 'look.version'],
  ] as const) {
    const refused = await app.api('PATCH', path, { look });
    expect(refused.status).toBe(400);
    expect((refused.body['errors'] as { path: string }[])[0]?.path).toBe(at);
  }
});

test('a look and a template are seen before they are used', async () => {
  const { id, slug } = await makeNewsletter(database.db);
  const nothing = await app.api('POST', `/newsletters/${id}/look-preview`, {});
  expect(nothing.body).toEqual({
    problems: [],
    subject: null,
    html: null,
    text: null,
    bytes: null,
    dropped: null,
  });
  await makePosts(database.db, id, [{ title: 'A post to look at' }]);
  const look = { template: 'headlines', brandColour: '#b3261e' };
  const seen = await app.api('POST', `/newsletters/${id}/look-preview`, { look });
  expect(seen.body['html']).toContain('#b3261e');
  expect(seen.body['html']).toContain('A post to look at');
  const invitation = new RegExp(`Subscribe(</a>|:\\nhttp\\S+/n/${slug}\\n)`);
  for (const part of ['html', 'text']) expect(seen.body[part]).toMatch(invitation);
  await app.api('PATCH', `/newsletters/${id}`, { listed: false });
  const unlisted = await app.api('POST', `/newsletters/${id}/look-preview`, { look });
  for (const part of ['html', 'text']) expect(unlisted.body[part]).not.toMatch(invitation);
  expect(seen.body['dropped']).toEqual({ excerpts: 0, images: 0, posts: 0 });
  const tried = await app.api('POST', `/newsletters/${id}/look-preview`, { mjml: mjml('Tried out') });
  expect(tried.body['html']).toContain('Tried out');
  const wrong = await app.api('POST', `/newsletters/${id}/look-preview`, { mjml: '<mjml></mjml>' });
  expect(wrong.body['html']).toBeNull();
  expect((wrong.body['problems'] as string[]).length).toBeGreaterThan(0);
  expect((await app.api('GET', `/newsletters/${id}`)).body['look']).toMatchObject({ template: 'magazine' });
});

test('templates are versions; an issue keeps the one it was frozen with, and an old one comes back', async () => {
  const { id } = await makeNewsletter(database.db);
  const templates = `/newsletters/${id}/mail-templates`;
  const refused = await app.api('POST', templates, { mjml: '<mjml><mj-body></mj-body></mjml>' });
  expect(refused.status).toBe(400);
  expect(refused.body.code).toBe('template-invalid');
  const first = await app.api('POST', templates, { mjml: mjml('First version'), note: 'the first' });
  expect(first.status).toBe(201);
  expect(first.body).toMatchObject({ version: 1, note: 'the first' });
  await app.api('POST', templates, { mjml: mjml('Second version') });
  const use = (version: number) =>
    app.api('PATCH', `/newsletters/${id}`, { look: { template: 'own', version } });
  expect((await use(1)).status).toBe(200);

  await makePosts(database.db, id, 2);
  await makeReaders(database.db, id, 2);
  const deps = assembleDeps(database.db);
  const made = await assembleNow(deps, { newsletterId: id, review: 'hold' });
  if (made.status !== 'created') throw new Error(made.status);
  await use(2);
  // A reader joins while the issue is held, so the reader's variant is rendered only now.
  await database.db.query("update subscribers set language = 'de' where address like 'reader1@%'");
  await approveIssue(deps, { by: 'cli', issueId: made.issueId });
  await assemble(deps, made.issueId);
  const variants = await variantsOf(made.issueId);
  for (const { html, bytes } of variants) {
    expect(html).toContain('First version');
    expect(bytes).toBeGreaterThan(1000);
  }
  expect(new Set(variants.map(({ language }) => language))).toEqual(new Set(['en', 'de']));
  expect((await app.api('GET', `/issues/${made.issueId}`)).body['mailSize']).toEqual({
    bytes: Math.max(...variants.map(({ bytes }) => bytes)),
    dropped: { excerpts: 0, images: 0, posts: 0 },
  });

  const list = await app.api('GET', templates);
  expect(list.body.data?.map(({ version }) => version)).toEqual([2, 1]);
  const kept = await app.api('GET', `/mail-templates/${first.body.id}`);
  expect(kept.body['mjml']).toBe(mjml('First version'));
  expect((await use(1)).status).toBe(200);
  expect((await use(9)).body.code).toBe('no-such-template');
});
