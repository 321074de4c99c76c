// Outlook on Windows honours padding on table cells alone (caniemail.com: css-padding). Everything else has its
// distance from a cell or from a margin.
import { renderDigest } from '../../src/digest/render-digest.js';
import { templateNames } from '../../src/newsletters/look.js';
import { renderConfirmation } from '../../src/joining/render-confirmation.js';
import { renderNotice } from '../../src/joining/render-notice.js';
import { renderAddressMail } from '../../src/preferences/render-address-mail.js';
import { renderEmail } from '../../src/templating/templates.js';
import { harbour, notice } from './notice-sample.js';
import { input, posts, withTemplate } from './sample.js';

/** The tags other than cells that ask for a padding in their style. `padding:0` takes away a browser's own. */
function padded(html: string): string[] {
  const tags = html.slice(html.indexOf('<body')).match(/<[a-z][^>]*>/g) ?? [];
  return tags.filter(
    (tag) =>
      !/^<t[dh]\s/.test(tag) &&
      /[";\s]padding[\w-]*:(?!0(?:px)?[;"])/.test(/style="[^"]*"/.exec(tag)?.[0] ?? ''),
  );
}

const titles = ['One', 'Two'];
const reviewUrl = 'https://mail.example/review/AAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const actions = [
  { label: 'Approve', url: reviewUrl },
  { label: 'Skip', url: reviewUrl },
];
const address = {
  end: 'old',
  newsletter: { name: 'The Harbour Post', siteUrl: null, postalAddress: 'Quay 1' },
  newAddress: 'reader@example.org',
  url: 'https://mail.example/address/abcdefghijklmnopqrstuv',
} as const;
const confirmation = {
  newsletterName: 'The Harbour Post',
  confirmUrl: 'https://mail.example/confirm/abcdefghijklmnopqrstuv',
};
const html = (mail: { html: string }): string => mail.html;

const mails: Record<string, (language: string) => Promise<string>> = {
  confirmation: (language) => renderConfirmation({ ...confirmation, language }).then(html),
  notice: (language) => renderNotice(notice, harbour, language).then(html),
  address: (language) => renderAddressMail({ ...address, language }).then(html),
  account: () =>
    renderEmail('account', { subject: 'S', name: 'N', about: 'A', heading: 'H', text: 'T', actions, titles }),
};

describe.each(Object.keys(mails))('the mail "%s"', (name) => {
  test.each(['en', 'ar'])('has padding on cells alone (%s)', async (language) => {
    expect(padded((await mails[name]?.(language)) ?? '<body><p style="padding:1px">')).toEqual([]);
  });

  test('has a button whose cell keeps the distance', async () => {
    const buttons = (await mails[name]?.('en'))?.match(/<td[^>]*class="button[^>]*>/g) ?? [];
    expect(buttons.length).toBeGreaterThan(0);
    for (const button of buttons) expect(button).toMatch(/padding:8px 28px/);
  });
});

const body =
  '<blockquote><p>Said.</p><blockquote>Again.</blockquote></blockquote><ul><li>One<ul><li>a</li></ul></li></ul><ol start="3"><li>Three</li></ol>' +
  '<pre><code>let x;</code></pre><p><code>x</code></p><dl><dt>A</dt><dd>B</dd></dl><table><tr><th>A</th><td>1</td></tr></table>';

test.each(templateNames.flatMap((template) => ['en', 'he'].map((language) => [template, language] as const)))(
  'a digest "%s" in %s, with quotes, lists, code and tables',
  async (template, language) => {
    for (const content of ['full', 'excerpt', 'headlines'] as const) {
      const rendered = await renderDigest(
        input({
          newsletter: withTemplate(template, { content, language }),
          posts: posts.map((post) => ({ ...post, html: body, topics: ['Harbour'] })),
          headingsFrom: ['Harbour'],
          words: { opening: body, closing: body, sponsor: body },
        }),
      );
      expect(padded(rendered.html)).toEqual([]);
    }
  },
);

test('quotes and code of a post stand in cells', async () => {
  const rendered = await renderDigest(
    input({
      newsletter: withTemplate('letter', { content: 'full' }),
      posts: [{ ...posts[1]!, html: body }],
    }),
  );
  expect(rendered.html).toMatch(
    /<blockquote [^>]*><table role="presentation"[^>]*><tr><td [^>]*padding-left:18px;border-left:3px solid/,
  );
  expect(rendered.html).toMatch(/<td class="list" bgcolor="#\w{6}" style="padding:12px 16px;[^"]*"><pre /);
});
