// Spam filters take tiny and white text for hidden words. SpamAssassin: STY_INVIS_DIRECT and
// HTML_FONT_LOW_CONTRAST, from MJML's own preview. rspamd: ZERO_FONT and MANY_INVISIBLE_PARTS, from font-size:0.
import { renderDigest } from '../../src/digest/render-digest.js';
import { renderEmail, type EmailName } from '../../src/templating/templates.js';
import { input, withTemplate } from './sample.js';

/** The elements that the mail hides, each with its text. */
const hidden = (html: string) => [...html.matchAll(/<div style="([^"]*display:none[^"]*)">([^<]*)</g)];

const mails: EmailName[] = ['confirmation', 'address-change', 'notice', 'account'];
test.each(mails)('the preheader of the mail “%s” is hidden as in a digest', async (name) => {
  const view = { language: 'en', direction: 'ltr', button: {}, preheader: 'Only this is hidden' };
  const html = await renderEmail(name, view);
  const words = (text = '') => text.replaceAll(/(?:&nbsp;&#847;&zwnj;|\s)+$/g, '');
  expect(hidden(html).map(([, style, text]) => [style, words(text)])).toEqual([
    ['display:none;max-height:0;overflow:hidden;mso-hide:all', 'Only this is hidden'],
  ]);
  expect(html).not.toMatch(/font-size:0(?![\d.])/);
});

test.each(['magazine', 'letter', 'headlines'] as const)(
  'nothing in the template “%s” has the font size 0, and no element with a font size under 3 px holds text itself',
  async (template) => {
    const { html, preheader } = await renderDigest(input({ newsletter: withTemplate(template) }));
    expect(preheader).not.toBe('');
    expect(hidden(html)).toHaveLength(1);
    expect(html).not.toMatch(/font-size:0(?![\d.])/);
    const tiny = [...html.matchAll(/<[^>]*font-size:[0-2](?:\.\d+)?px[^>]*>([^<]*)</g)];
    expect(tiny.map(([, text]) => text?.trim())).toEqual(tiny.map(() => ''));
  },
);
