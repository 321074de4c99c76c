// A digest's HTML conforms to the standard, except for the attributes that Outlook on Windows needs for its
// layout.
import { HtmlValidate } from 'html-validate';
import { renderDigest } from '../../src/digest/render-digest.js';
import { templateNames } from '../../src/newsletters/look.js';
import { input, posts, withTemplate } from './sample.js';

// These attributes are obsolete in HTML, but Word's engine knows no others.
const layout =
  /^Attribute "(align|valign|bgcolor|border|cellpadding|cellspacing|width|height)" is deprecated on <(table|td|h2|ol|img)> element$/;
const strict = new HtmlValidate({ extends: ['html-validate:standard'] });

test.each(templateNames)('%s', async (template) => {
  for (const content of ['excerpt', 'full', 'headlines'] as const)
    for (const language of ['en', 'he']) {
      const { html } = await renderDigest(
        input({
          newsletter: withTemplate(template, { content, language }),
          posts: posts.map((post) => ({
            ...post,
            html: '<h2>Part</h2><p>a <table><tr><td>1</table><ol start=3><li>x</ol><img src="https://x.example/a.png">',
          })),
          words: { opening: 'Good morning', closing: '<b>Bye', sponsor: '<i>Buy</i>' },
        }),
      );
      const report = await strict.validateString(html);
      const messages = report.results.flatMap((result) => result.messages.map(({ message }) => message));
      // The validator reads the document: it finds the attributes that we allow.
      expect(messages).not.toEqual([]);
      expect(messages.filter((message) => !layout.test(message))).toEqual([]);
    }
});
