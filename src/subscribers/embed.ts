// The form for other sites, in three ways: a script, plain HTML, a frame. Pure but for the templates.
import { directionOf } from '../languages/language.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { PageForm } from '../page-views.js';
import { renderPage } from '../templates.js';
import { formView } from './form-view.js';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? '');

const pageOf = (newsletter: Newsletter, baseUrl: string): string => `${baseUrl}/n/${newsletter.slug}`;

/** The form as it stands on other sites: whole, but for the name. */
function embeddedForm(newsletter: Newsletter, baseUrl: string): PageForm {
  const form = formView(newsletter, { embedded: true });
  return { ...form, action: baseUrl + form.action };
}

/** What templates/pages/embed.js is filled with. */
interface EmbedValues {
  /** Addresses: the script's own, of solve.js, and of our page. */
  script: string;
  solver: string;
  page: string;
  language: string;
  direction: 'ltr' | 'rtl';
  /** The form. */
  html: string;
  words: Record<'address' | 'waiting' | 'done' | 'failed' | 'instead' | 'page', string>;
}

function valuesOf(newsletter: Newsletter, baseUrl: string): EmbedValues {
  const page = pageOf(newsletter, baseUrl);
  const { name, language } = newsletter;
  return {
    script: `${page}/embed.js`,
    solver: `${baseUrl}/assets/solve.js`,
    page,
    language,
    direction: directionOf(language),
    html: renderPage('embed-form', { form: embeddedForm(newsletter, baseUrl) })
      .replaceAll(/>\s*\n\s*</g, '><')
      .trim(),
    words: {
      address: 'Please enter your e-mail address, such as name@example.org.',
      waiting: 'One moment …',
      done: `Check your inbox: we have written to {email}. Open the message and press its button, and ${name} is yours.`,
      failed: 'That did not work just now.',
      instead: 'You can also subscribe on {page}.',
      page: `the page of ${name}`,
    },
  };
}

const withoutSpace = (css: string): string => css.replaceAll(/\s*([{};]|[:,](?=\s))\s*/g, '$1').trim();

/** Without its comments and its indentation, which are a third of it. */
const withoutComments = (source: string): string =>
  source
    .replaceAll(/^\s*(\/\/.*|\/\*\*.*\*\/)\n/gm, '')
    .replaceAll(/^\s+/gm, '')
    .replace(/(?<=style = `)[^`]*/, withoutSpace);

/** As a JavaScript value that also a page's HTML may hold: nothing in it ends the script. */
const literalOf = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('</', '<\\/')
    .replaceAll('<!--', '\\u003c!--')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');

/**
 * The script with this newsletter in it. `source` is templates/pages/embed.js, `domainHint` the compiled domain-hint.ts.
 */
export function embedScript(
  { source, domainHint }: { source: string; domainHint: string },
  newsletter: Newsletter,
  baseUrl: string,
): string {
  const whole = source.replace('// DOMAIN HINT', () => domainHint.replace('export ', ''));
  return withoutComments(whole).replace("'NEWSLETTER'", () => literalOf(valuesOf(newsletter, baseUrl)));
}

export interface EmbedCode {
  script: string;
  html: string;
  frame: string;
}

// CSS pixels; a frame that is too low scrolls.
function heightOf({ frequencies, topics, fields }: PageForm): number {
  const choices = (frequencies.length === 0 ? 0 : 95) + (topics.length === 0 ? 0 : 80 + 50 * topics.length);
  return 440 + choices + 120 * fields.length;
}

/** What a publisher copies. */
export function embedCode(newsletter: Newsletter, baseUrl: string): EmbedCode {
  const page = pageOf(newsletter, baseUrl);
  const form = embeddedForm(newsletter, baseUrl);
  return {
    script: `<script src="${escape(page)}/embed.js" async></script>`,
    html: renderPage('embed-plain', { form }).trim(),
    frame: `<iframe src="${escape(page)}/embed?frame=1" title="Subscribe to ${escape(newsletter.name)}"
  width="100%" height="${heightOf(form)}" style="border:0" loading="lazy"></iframe>`,
  };
}
