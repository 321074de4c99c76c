// The short words of a post: its byline, its excerpt, and its preview beside the subject.
import { renderDigest } from '../../src/digest/render-digest.js';
import { input, posts } from './sample.js';

test('the preheader is never the name of a link, and nothing after it shows beside the subject', async () => {
  const about = async (...some: object[]) =>
    renderDigest(input({ posts: some.map((post) => ({ ...posts[1]!, ...post })), more: 0 }));
  for (const excerptText of [
    'Comments',
    '[link] [12 comments]',
    'Read more →',
    'Kommentare',
    'שיתוף',
    'コメント',
  ]) {
    const { preheader, text } = await about({ excerptText });
    expect(preheader).toBe('Ferry timetable changes from Monday');
    expect(text).not.toContain(excerptText);
  }
  expect((await about({}, { title: 'Comments' })).preheader).toBe(posts[1]!.excerptText);
  expect((await about({ excerptText: 'Comments closed the debate.' })).preheader).toBe(
    'Comments closed the debate.',
  );
  const { html } = await about({ excerptText: 'Short.' });
  const filler = /Short\.\s*((?:&nbsp;&#847;&zwnj;\s*)+)<\/div>/.exec(html)?.[1] ?? '';
  expect(filler.split('&nbsp;').length).toBeGreaterThanOrEqual(100);
});

test('Chinese, Japanese and Korean take as much room as other scripts, also among Latin words', async () => {
  const mixed = 'Version 2 図書館、「海辺」。'.repeat(60);
  const columns = (words: string) => words.replaceAll(/[\u2e80-\uffef]/g, 'xx').length;
  const post = { ...posts[1]!, title: mixed, excerptText: `本${mixed}`, author: '海'.repeat(60) };
  const { text } = await renderDigest(input({ posts: [post], more: 0 }));
  const [, title = '', author = '', excerpt = ''] = (
    /(Version[^]*?)\n(海+…)\n\n([^]*?)\n\n/.exec(text) ?? []
  ).map((words) => words.replaceAll('\n', ''));
  const latin = await renderDigest(
    input({ posts: [{ ...post, excerptText: 'word '.repeat(300) }], more: 0 }),
  );
  const most = /(?:word\s+)+word…/.exec(latin.text)?.[0].length ?? 0;
  expect(columns(title)).toBeLessThanOrEqual(162);
  expect(columns(author)).toBeLessThanOrEqual(41);
  expect(columns(author)).toBeGreaterThan(30);
  expect(columns(excerpt)).toBeLessThanOrEqual(most + 10);
  expect(columns(excerpt)).toBeGreaterThan(most * 0.6);
});

test('a very long byline ends at a word, and no line of it begins or ends with a dot', async () => {
  const author = 'Maximiliane Freifrau von und zu Hohenstein-Wittelsbach the Younger of Gråholmen';
  const source = 'The Harbour Ledger and its Friends';
  const post = { ...posts[0]!, author, source };
  const { html, text } = await renderDigest(input({ posts: [post], more: 0 }));
  for (const part of [html, text]) expect(part).toContain('Maximiliane Freifrau von und zu…');
  const long = await renderDigest(
    input({ posts: [{ ...post, author: 'Ana Maria de Hohenstein-Wittelsbach-Coburg-Gotha' }], more: 0 }),
  );
  expect(long.html).toContain('Ana Maria de…');
  for (const words of [
    'Maximiliane Freifrau',
    ...Array.from({ length: 30 }, (_, count) => 'x'.repeat(count + 9)),
  ]) {
    const wrapped = await renderDigest(
      input({ posts: [{ ...post, author: words, source: `${source} ${words}` }], more: 0 }),
    );
    expect(wrapped.text).not.toMatch(/^\s*·|·\s*$/m);
  }
});
