// The form for other sites, in three ways: a script, plain HTML, a frame. Pure but for the templates.
import { pageOfWords, type PageLanguage } from '../languages/page-language.js';
import type { Translator } from '../languages/translate.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { PageForm } from '../templating/page-views.js';
import { renderPage } from '../templating/templates.js';
import { formView } from './form-view.js';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? '');

const pageOf = (newsletter: Newsletter, baseUrl: string): string => `${baseUrl}/n/${newsletter.slug}`;

/** The form for other sites. */
function embeddedForm(newsletter: Newsletter, { baseUrl, words }: Embedding): PageForm {
  const form = formView(newsletter, words, { embedded: true });
  // The answer appears on that site, in the form's language.
  const own = form.own && { own: { ...form.own, inside: true } };
  return { ...form, ...own, action: `${baseUrl}${form.action}?lang=${words.language}` };
}

/** The colours of the button. */
interface Button {
  accent: string;
  onAccent: string;
}

interface Embedding {
  /** Without a slash at its end. */
  baseUrl: string;
  words: Translator;
}

/** The values that templates/pages/embed.js reads from NEWSLETTER. */
interface EmbedValues {
  /** Addresses: of our page, and of solve.js. */
  page: string;
  solver: string;
  language: string;
  direction: 'ltr' | 'rtl';
  /** The form. */
  html: string;
  button: Button;
  words: Record<'address' | 'waiting' | 'thanks' | 'done' | 'failed' | 'instead' | 'page', string>;
}

function valuesOf(newsletter: Newsletter, embedding: Embedding & { button: Button }): EmbedValues {
  const { baseUrl, words } = embedding;
  const page = pageOf(newsletter, baseUrl);
  const { name, form } = newsletter;
  const { language, direction, t } = words;
  return {
    page,
    solver: `${baseUrl}/assets/solve.js`,
    language,
    direction,
    html: renderPage('embed-form', { form: embeddedForm(newsletter, embedding) }, pageOfWords(words)),
    button: embedding.button,
    words: {
      address: t('joining.enterAddress'),
      waiting: t('joining.waiting'),
      // The publisher's own words, on a line of their own.
      thanks: form.thanks === null ? '' : `${form.thanks}\n`,
      // The script puts the address and the link into these.
      done: t('joining.done', { email: '{email}', newsletter: name }),
      failed: t('joining.failed'),
      instead: t('joining.instead', { page: '{page}' }),
      page: t('joining.pageOf', { newsletter: name }),
    },
  };
}

/** As a JavaScript value that also a page's HTML may hold: nothing in it ends the script. */
const literalOf = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll(/<(?=!--|\/?script)/gi, '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');

/**
 * The script with this newsletter in it. `script` is what the build made of templates/pages/embed.js: it names
 * NEWSLETTER once.
 */
export function embedScript(
  script: string,
  newsletter: Newsletter,
  embedding: Embedding & { button: Button },
): string {
  return script.replace('NEWSLETTER', () => literalOf(valuesOf(newsletter, embedding)));
}

export interface EmbedCode {
  script: string;
  html: string;
  frame: string;
}

// In CSS pixels. A frame that is too low scrolls.
function heightOf({ asksName, frequencies, times, topics, languages, fields, own }: PageForm): number {
  const inputs = [asksName, frequencies.length > 0, times.length > 0, languages.length > 0].filter(Boolean);
  const choices = 95 * inputs.length + (topics.length === 0 ? 0 : 80 + 50 * topics.length);
  const lines = Math.ceil((own?.introduction ?? '').length / 40);
  return 440 + choices + 120 * fields.length + 25 * lines;
}

/** The code that a publisher copies into the site. */
export function embedCode(
  newsletter: Newsletter,
  { keep, ...embedding }: Embedding & Pick<PageLanguage, 'keep'>,
): EmbedCode {
  const { baseUrl, words } = embedding;
  const page = escape(pageOf(newsletter, baseUrl));
  const form = embeddedForm(newsletter, embedding);
  const title = escape(words.t('joining.subscribeTo', { newsletter: newsletter.name }));
  const chosen = keep === '' ? '' : `&amp;lang=${words.language}`;
  return {
    script: `<script src="${page}/embed.js${keep}" async></script>`,
    html: renderPage('embed-plain', { form }, pageOfWords(words)).trim(),
    frame: `<iframe src="${page}/embed?frame=1${chosen}" title="${title}"
  width="100%" height="${heightOf(form)}" style="border:0" loading="lazy"></iframe>`,
  };
}
