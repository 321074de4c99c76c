// The only importer of mjml and handlebars. Each template is read and compiled once per process:
//
// - templates/email/*.mjml.hbs: MJML compiles the template alone, and Handlebars fills the result. Never the
//   other way round: text of a feed in MJML source could close a tag and add others. The parts of
//   templates/email/parts and, for a digest, the values of the look are put in first (mail-source.ts). A
//   digest is compiled once per look.
// - templates/email/*.txt.hbs: plain text, not escaped, wrapped at 78 characters.
// - templates/pages/*.hbs and templates/console/*.hbs: HTML. Each page is inside the layout.hbs of its
//   folder.
import { existsSync, readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { packageRoot } from '../config/environment.js';
import { recently } from '../recently.js';
import { mailSource } from './mail-source.js';
import { compileMjml } from './mjml.js';
import type { PageViews } from './page-views.js';
import { pageInEnglish, type PageLanguage } from '../languages/page-language.js';
import type { Message, Said } from '../languages/messages.js';
import { inEnglish, translator, type Tags } from '../languages/translate.js';
import { formatDate, formatNumber, hostOf, waitInWords } from '../text/words.js';
import { instantHelpers } from './instants.js';
import { placeholdersIn, type Placeholder } from './placeholders.js';
import { wrapText } from '../text/wrap-text.js';
import { parseUrl } from '../parse-url.js';

type Environment = typeof Handlebars;
type Template = (view: object) => string;

export type EmailName = 'confirmation' | 'address-change' | 'notice' | 'account';
export type TextName = 'digest' | EmailName;

/** A digest's template, and the values for its {{look.…}}. */
export interface DigestDesign {
  template: string;
  /** The publisher's template, instead of a file. issues/check-template.ts has checked it. */
  mjml?: string;
  values: Readonly<Record<string, string>>;
}

export type StyleSheet = 'style.css' | 'console.css';

const read = (path: string): string => readFileSync(new URL(`templates/${path}`, packageRoot), 'utf8');

/** Caches the result of `make` for each key. */
function once<V>(make: (key: string) => V): (key: string) => V {
  const made = new Map<string, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

/**
 * The URL if it is absolute and its scheme is one of `schemes`, else undefined. Never javascript:, data:,
 * file:.
 */
function linkTo(value: unknown, schemes: readonly string[]): string | undefined {
  if (typeof value !== 'string') return undefined;
  const url = parseUrl(value);
  if (url === undefined || !schemes.includes(url.protocol)) return undefined;
  // Characters that are invalid in a URL are percent-encoded. Other URLs stay as the publisher wrote them.
  return /[\s"'<>\\^`{|}]|[^\x20-\x7e]/.test(value) ? url.href : value;
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '"': '&quot;', '<': '&lt;', '>': '&gt;' };
// Handlebars' escaping also turns = into an entity, which lengthens every query string without need.
const attribute = (text: string): string =>
  text.replaceAll(/[&"<>]/g, (character) => escapes[character] ?? '');

// A message's tags stay control characters until the whole message is escaped, so that no argument can open a
// tag.
const marked = (name: string) => (words: string) => `\u0001${name}\u0002${words}\u0001/${name}\u0002`;
const marks: Tags = { b: marked('b'), address: marked('address'), link: marked('link') };

interface Call {
  hash: Record<string, string | number | undefined>;
  data?: { root?: { locale?: string; language?: string } };
}

/** The language of the page or mail, in BCP 47. The console is in English. */
const localeOf = ({ data }: Call): string => data?.root?.locale ?? data?.root?.language ?? 'en';

/** The address of a message's link: of this site, or with a scheme that is safe. */
const hrefOf = (address: string): string =>
  /^[/?#](?!\/)/.test(address) ? address : (linkTo(address, ['https:', 'http:', 'mailto:']) ?? '#');

/**
 * {{t 'area.key' argument=value link=address}} as HTML. Everything is escaped except the message's own tags.
 */
function messageAsHtml(key: string, call: Call): string {
  const { link, ...args } = call.hash;
  const clean = Object.entries(args).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.replaceAll(/[\u0001\u0002]/g, '') : value,
  ]);
  const href = link === undefined ? '#' : hrefOf(String(link));
  const tags: Readonly<Record<string, string>> = {
    b: '<strong>',
    '/b': '</strong>',
    address: '<strong class="address">',
    '/address': '</strong>',
    link: `<a href="${attribute(href)}">`,
    '/link': '</a>',
  };
  const words = translator(localeOf(call)).mark(key, Object.fromEntries(clean), marks);
  // Like Handlebars: a message may stand in an attribute, where onload= must not look like one itself.
  return attribute(words)
    .replaceAll('=', '&#x3D;')
    .replaceAll(/\u0001(\/?\w+)\u0002/g, (_, tag: string) => tags[tag] ?? '');
}

/** The same as plain text. */
const messageAsText = (key: string, { hash, ...call }: Call): string =>
  translator(localeOf({ hash, ...call })).mark(key, hash, {});

function environment(escape: boolean): Environment {
  const handlebars = Handlebars.create();
  const markup = (text: string): unknown => (escape ? new Handlebars.SafeString(text) : text);
  const out = (text: string): unknown => markup(escape ? attribute(text) : text);
  handlebars.registerHelper({
    href: (url: unknown) => out(linkTo(url, ['https:', 'http:', 'mailto:']) ?? '#'),
    src: (url: unknown) => out(linkTo(url, ['https:', 'http:']) ?? ''),
    t: (key: string, call: Call) =>
      escape ? new Handlebars.SafeString(messageAsHtml(key, call)) : messageAsText(key, call),
    // A helper hides a field of the same name, so no view may have a field with one of these names.
    formatNumber: (value: unknown, call: Call) => formatNumber(Number(value), localeOf(call)),
    plural: (count: unknown, one: string, many: string) =>
      `${formatNumber(Number(count))} ${Number(count) === 1 ? one : many}`,
    // {{formatDate at zone}}: the zone is optional and defaults to UTC.
    formatDate: (at: Date | string, zone: unknown, call?: Call) =>
      formatDate(new Date(at), zone, call && localeOf(call)),
    isoTime: (at: Date | string) => new Date(at).toISOString(),
    hostOf: (url: unknown) => hostOf(url) ?? '',
    waitInWords: (seconds: unknown, call: Call) => waitInWords(Number(seconds), localeOf(call)),
    eq: (a: unknown, b: unknown) => a === b,
    or: (a: unknown, b: unknown) => a || b,
    // {{join '/n/' slug}}: Handlebars adds the last argument.
    join: (...parts: unknown[]) => parts.slice(0, -1).map(String).join(''),
    add: (a: unknown, b: unknown) => Number(a) + Number(b),
    ...instantHelpers(markup, attribute),
  });
  return handlebars;
}

const html = environment(true);
const text = environment(false);

/**
 * MJML hides the white space between columns by font-size:0px. Spam filters take that for hidden text (rspamd:
 * ZERO_FONT), so the white space itself goes. Indentation is a tenth of MJML's output, and repeats for each
 * post.
 */
function withoutZeroSizes(made: string): string {
  return made
    .replaceAll(/[ \t]*\n\s*/g, '\n')
    .replaceAll(/\n?(<!--\[if [^\]]*\]>[^]*?<!\[endif\]-->)\n?/g, '$1')
    .replaceAll('font-size:0px;', 'font-size:1px;');
}

async function templateOf(mjml: string): Promise<Template> {
  // Unfilled placeholders are not valid colours or alignments, so no validation here. designProblems
  // validates.
  const result = await compileMjml({ mjml, validationLevel: 'skip' });
  return html.compile(withoutZeroSizes(result.html), { preventIndent: true });
}

/** The text of templates/email/parts/`name`. */
const partNamed = once((name) => {
  const file = ['mjml.hbs', 'hbs']
    .map((ending) => `email/parts/${name}.${ending}`)
    .find((path) => existsSync(new URL(`templates/${path}`, packageRoot)));
  return file === undefined ? undefined : read(file).trim();
});

const emails = recently(async (name) => {
  const source = mailSource(read(`email/${name}.mjml.hbs`), partNamed, {});
  if (!source.ok) throw new Error(`template ${name}: ${inEnglish(source.problem)}`);
  return templateOf(source.mjml);
}, 10);

/** The file of one of our digest templates. */
export const digestSource = (name: string): string => read(`email/digest-${name}.mjml.hbs`);

const sourceOf = ({ template, mjml, values }: DigestDesign, part = partNamed) =>
  mailSource(mjml ?? digestSource(template), part, values);

/** A digest's template, compiled for the look's values. */
async function compileDesign(key: string): Promise<Template> {
  const design = JSON.parse(key) as DigestDesign;
  const source = sourceOf(design);
  if (!source.ok) throw new Error(`digest template ${design.template}: ${inEnglish(source.problem)}`);
  return templateOf(source.mjml);
}

// 100 kB each. A publisher who tries out colours makes a new one with each try.
const designs = recently(compileDesign, 50);

const texts = once((name) => text.compile(read(`email/${name}.txt.hbs`), { noEscape: true }));

function pagesIn(folder: string, partials: readonly string[]): (name: string) => Template {
  let handlebars: Environment | undefined;
  const pages = once((name) => {
    if (!handlebars) {
      handlebars = environment(true);
      for (const partial of partials) handlebars.registerPartial(partial, read(`${folder}/${partial}.hbs`));
    }
    return handlebars.compile(read(`${folder}/${name}.hbs`), { preventIndent: true });
  });
  return (name) => pages(name);
}

const publicPages = pagesIn('pages', [
  'layout',
  'subscribe-form',
  'custom-fields',
  'less-mail',
  'leaving-reason',
]);
/** The parts that pages of the console share: templates/console/parts.hbs shows each. */
export const consoleParts = [
  'layout',
  'act',
  'setting',
  'choice',
  'boxes',
  'own-text',
  'issue-head',
  'issue-list',
  'newsletter-card',
  'feed-list',
  'as-reader',
  'edit-issue',
  'edit-badges',
  'link-list',
  'look-on',
  'next-sentence',
  'plot',
  'shares',
  'waiting',
  'passkey',
  'password-new',
  'delivery-tabs',
  'integrations-tabs',
  'posts-tabs',
  'stale',
  'webhook-fields',
  'team-role',
  'covers',
  'code',
  'chips',
  'empty',
  'toast',
  'timeline',
  'evidence',
  'mail-frame',
] as const;
const consolePages = pagesIn('console', consoleParts);

/**
 * The HTML part of templates/email/`name`.mjml.hbs, filled with `view`. Every value is escaped, except in
 * {{{…}}}.
 */
export async function renderEmail(name: EmailName, view: object): Promise<string> {
  return (await emails(name))(view);
}

/** The part on one line, so that errors show the line numbers of the template. */
const partOnOneLine = (name: string): string | undefined => partNamed(name)?.replaceAll(/\s*\n\s*/g, ' ');

/** MJML's objections to a digest's template, in its words. Empty: the template is usable. */
export async function designProblems(design: DigestDesign): Promise<Said[]> {
  const source = sourceOf(design, partOnOneLine);
  if (!source.ok) return [source.problem];
  try {
    const { errors } = await compileMjml({ mjml: source.mjml, validationLevel: 'soft' });
    return errors.map(({ line, message }) => atLine(line, message));
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** The placeholders of a digest's template and its parts. `problem`: Handlebars cannot parse it. */
export function designPlaceholders(design: DigestDesign): { problem?: Said; found: Placeholder[] } {
  const source = sourceOf(design, partOnOneLine);
  if (!source.ok) return { problem: source.problem, found: [] };
  try {
    return { found: placeholdersIn(Handlebars.parse(source.mjml), 0) };
  } catch (error) {
    return { problem: parseProblem(error instanceof Error ? error.message : String(error)), found: [] };
  }
}

const atLine = (line: string | number, problem: string): Message => ({
  key: 'template.line',
  args: { line: String(line), problem },
});

/** Handlebars' parse error, reduced to what helps the author of the template. */
function parseProblem(message: string): Said {
  const [, line, near] = /^Parse error on line (\d+):\n(.*)\n/.exec(message) ?? [];
  if (line !== undefined) return { key: 'template.notClosed', args: { line, code: '{{#…}}', near } };
  const [, problem = '', at] = /^(.*) - (\d+):\d+$/s.exec(message) ?? [];
  return at === undefined ? message : atLine(at, problem);
}

/** The HTML part of a digest. `view` as for renderEmail. */
export async function renderDigestMail(
  { template, mjml, values }: DigestDesign,
  view: object,
): Promise<string> {
  return (await designs(JSON.stringify({ template, mjml, values })))(view);
}

/** The text part, wrapped at 78 characters. Links are never broken. */
export function renderText(name: TextName, view: object): string {
  return wrapText(texts(name)(view), 78);
}

/** A complete public page: templates/pages/`name`.hbs in its layout. `page` comes from pageLanguage(). */
export function renderPage<Name extends keyof PageViews>(
  name: Name,
  view: PageViews[Name],
  page: PageLanguage = pageInEnglish,
): string {
  return publicPages(name)({ ...view, ...page });
}

/** A page of the console: templates/console/`name`.hbs, which uses {{#> layout title="…"}} for its layout. */
export function renderConsole(name: string, view: object): string {
  return consolePages(name)(view);
}

/** A style sheet: style.css for the public pages, console.css for the console. Served under /assets/. */
export const styleSheet = once((name: string) =>
  read(name === 'console.css' ? 'console/console.css' : 'pages/style.css'),
) as (name: StyleSheet) => string;
