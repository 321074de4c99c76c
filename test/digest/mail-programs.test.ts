// Checks a digest's HTML and CSS against the data of caniemail.com for the most used mail programs: Gmail,
// Outlook, Apple Mail, Yahoo and Samsung. A mail must work without each feature that one of them does not
// support.
import { caniemail } from 'caniemail';
import { renderDigest } from '../../src/digest/render-digest.js';
import { templateNames } from '../../src/newsletters/look.js';
import { input, posts, withTemplate } from './sample.js';

/** Features that a program may ignore, and what readers see then. */
const mayBeMissing: Record<string, string> = {
  // Style sheets only add: every essential style is in a style attribute.
  '<style> element': 'the same, for a wide light screen',
  '@media': 'the same, for a wide light screen',
  'Descendant combinator': 'only in the style sheet',
  'ID selector': 'only in the style sheet: what MJML writes against programs that turn dates into links',
  'Type selector': 'only in the style sheet',
  'Class selector': 'only in the style sheet',
  'Chaining selectors': 'only in the style sheet',
  'Attribute selector': 'only in the style sheet: dark colours for Outlook on phones',
  ':hover': 'links without an underline under the pointer',
  // MJML's style sheet, with rules for one program each.
  opacity: 'only in the style sheet',
  outline: 'only in the style sheet',
  'word-spacing': 'only in the style sheet',
  overflow: 'the preheader is hidden by display:none',
  'display:none': 'the preheader is seen above the mail: a line of titles',
  'word-break': 'an address written out makes the mail wider',
  'white-space': 'the link to the web page on two lines',
  'border-radius': 'square corners',
  'height property': 'bars a pixel higher',
  'role attribute': 'a screen reader counts table cells',
  'aria-label attribute': 'a screen reader says the title instead',
  'aria-hidden attribute': 'a screen reader hears of a picture that says nothing, before the title',
  '<body> element': 'the page in white; the card is the same',
};

const clients = ['gmail.*', 'outlook.*', 'apple-mail.*', 'yahoo.*', 'samsung-email.*'] as const;

test.each(templateNames)('%s needs nothing that a mail program lacks', async (template) => {
  for (const content of ['excerpt', 'full', 'headlines'] as const) {
    const { html } = await renderDigest(
      input({
        newsletter: withTemplate(template, { content, language: content === 'full' ? 'ar' : 'en' }),
        posts: posts.map((post) => ({
          ...post,
          html: '<h2>a</h2><blockquote>b</blockquote><ul><li>c</li></ul>',
        })),
        words: { opening: 'Good morning', closing: '<b>Bye</b>', sponsor: '<i>Buy</i>' },
        headingsFrom: [],
      }),
    );
    const { issues } = caniemail({ clients: [...clients], html });
    const lacking = [...issues.errors].flatMap(([client, list]) =>
      list
        .filter(({ title }) => !Object.hasOwn(mayBeMissing, title))
        .map(({ title }) => `${client}: ${title}`),
    );
    expect([...new Set(lacking)]).toEqual([]);
  }
});
