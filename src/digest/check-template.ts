// Whether a publisher's own MJML can be mailed to all readers.
//
// 1. Its placeholders exist, and none puts a feed's words in without escaping.
// 2. MJML reports no error.
// 3. A sample rendered with it has what every mail must have (unsubscribe link, postal address, posts),
//    nothing that a mail may not have (forbidden-html.ts), and a size that leaves room for posts.
// 4. Two bare samples, of one post with nothing beside it, have the required parts too: these depend on
//    nothing.
// 5. The sample is rendered again with hostile words: nothing but the words may differ.
//
// This is early help. A template may behave differently in an issue, so each mail is checked again as it was
// rendered (render-digest.ts).
import type { Message, Said } from '../languages/messages.js';
import type { Look } from '../newsletters/look.js';
import { designPlaceholders, designProblems } from '../templating/templates.js';
import { mailDesign } from './mail-design.js';
import { visible, type MustHave } from './required-parts.js';
import { renderDigest, type DigestInput, type RenderedDigest } from './render-digest.js';

/** Characters of MJML. Partials add to these. */
export const templateSizeLimit = 100_000;
// The limit for the sample with four short posts. The budget of an issue is 90,000.
const sampleBytes = 50_000;
/** As many posts as a table of contents needs: a footer may not depend on it. */
const sampleNumbers = [1, 2, 3, 4];

const values = (
  'name subject preheader language contentLanguage foreign turned date logo opening closing sponsor headlinesOnly ' +
  'contents entries others named parted numbered posts more issueUrl moreUrl siteUrl siteHost addressLines unsubscribeUrl preferencesUrl subscribeUrl sentTo ' +
  'title listTitle shortTitle untitled host url author excerpt bodyHtml commentCount commentsUrl source heading lead readOn ruled against byline picture thumb media ' +
  'alt width height words html text this'
).split(' ');
const helpers = 'if unless each with else href src t formatNumber formatDate isoTime hostOf eq or add'.split(
  ' ',
);
/** Sanitised HTML. Every other value is text. */
const ready = ['bodyHtml', 'opening.html', 'closing.html', 'sponsor.html'];

const about = (key: Message['key'], code: string): Message => ({ key, args: { code } });

function placeholderProblems(mjml: string, look: Look): Said[] {
  const { problem, found } = designPlaceholders({ ...mailDesign(look, 'ltr'), mjml });
  if (problem !== undefined) return [problem];
  const problems = found.flatMap(({ name, call, raw, depth }): Message[] => {
    if (depth > 2) return [about('template.tooDeep', '{{#each}}')];
    if (call && !helpers.includes(name)) return [about('template.missing', `{{${name} …}}`)];
    if (call) return raw ? [about('template.unescaped', `{{{${name} …}}}`)] : [];
    const path = name.replace(/^(@root\b\.?|\.\.\/|this\.)+/, '');
    if (path === '') return [];
    if (/^@(index|first|last|key)$/.test(path)) return [];
    if (path.split('.').some((part) => !values.includes(part)))
      return [about('template.missing', `{{${name}}}`)];
    return raw && !ready.includes(path) ? [about('template.unescaped', `{{{${name}}}}`)] : [];
  });
  return [...new Map(problems.map((one) => [JSON.stringify(one), one])).values()];
}

const calm = 'qzword';
const hostile = `"'><b onload=x>{{name}}</td>-->`;

function sampleOf(mjml: string, look: Look, words: string): DigestInput {
  const at = 'https://sample.example';
  return {
    newsletter: {
      name: words,
      siteUrl: at,
      postalAddress: 'Qzstreet 1\nQztown',
      language: 'en',
      timezone: 'UTC',
      content: 'full',
      look: { ...look, template: 'own' },
      mjml,
    },
    subjectTemplate: '{{firstTitle}}',
    slot: new Date('2026-01-05T07:00:00Z'),
    posts: sampleNumbers.map((number) => ({
      title: words,
      url: `${at}/posts/${number}`,
      author: words,
      excerptText: words,
      ...(number === 2 ? { html: '<p>Qzbody</p>' } : {}),
      image: { url: `${at}/${number}.jpg`, width: 800, height: 450, alt: words },
      commentCount: number,
      commentsUrl: `${at}/posts/${number}/comments`,
      source: words,
      topics: [words],
    })),
    headingsFrom: [],
    more: 2,
    words: { opening: 'Qzopening', closing: 'Qzclosing', sponsor: 'Qzsponsor' },
    issueUrl: `${at}/issue`,
    subscribeUrl: `${at}/subscribe`,
    sentTo: { html: 'qz@sample.example', text: 'qz@sample.example' },
    unsubscribeUrl: `${at}/unsubscribe/Qztoken`,
    preferencesUrl: `${at}/preferences/Qztoken`,
  };
}

const logo = { url: 'https://sample.example/logo.png', width: 200, height: 50 };

/**
 * One post, and nothing that an issue may lack: once as an excerpt, once as a headline in another language.
 */
function bareSamples(
  mjml: string,
  look: Look,
): { tell: (problem: Message) => Message; sample: DigestInput }[] {
  const full = sampleOf(mjml, { ...look, logo: null }, calm);
  const { siteUrl: _, ...newsletter } = full.newsletter;
  const { issueUrl: _url, subscribeUrl: _page, words: _words, sentTo: _reader, ...input } = full;
  const [post] = full.posts;
  const bare: DigestInput = {
    ...input,
    newsletter: { ...newsletter, content: 'excerpt' },
    posts: post === undefined ? [] : [{ title: post.title, url: post.url, topics: [] }],
    more: 0,
  };
  return [
    { tell: (problem) => ({ key: 'template.inOnePost', args: { problem } }), sample: bare },
    {
      tell: (problem) => ({ key: 'template.inOneHeadline', args: { problem } }),
      sample: { ...bare, newsletter: { ...bare.newsletter, content: 'headlines' }, language: 'ar' },
    },
  ];
}

const mustHaves: Record<MustHave, Message> = {
  unsubscribe: {
    key: 'template.noUnsubscribe',
    args: { part: '{{> footer}}', code: '<a href="{{href unsubscribeUrl}}">…</a>' },
  },
  'postal-address': {
    key: 'template.noPostalAddress',
    args: { part: '{{> footer}}', code: '{{#each addressLines}}{{this}}<br>{{/each}}' },
  },
};

/** Why a mail with this sample would be in our magazine. */
const faultsOf = ({ dropped, forbidden = [] }: RenderedDigest): Message[] => [
  ...(dropped.ownTemplate ?? []).flatMap((name) => (name in mustHaves ? [mustHaves[name as MustHave]] : [])),
  ...forbidden.map(({ said }) => said),
];

/**
 * Parts that a template may show only if there is more: a footer in {{#if more}}, posts in {{#if numbered}}.
 */
async function bareProblems(mjml: string, look: Look): Promise<Message[]> {
  const problems: Message[] = [];
  for (const { tell, sample } of bareSamples(mjml, look)) {
    const rendered = await renderDigest(sample);
    const seen = visible(rendered.html);
    const lost = faultsOf(rendered);
    if (sample.newsletter.content === 'excerpt' && !seen.includes('href="https://sample.example/posts/1"'))
      lost.push({ key: 'template.postWithoutLink' });
    else if (!seen.includes(calm)) lost.push({ key: 'template.postMissing' });
    problems.push(...lost.map(tell));
  }
  return problems;
}

/** Places where a feed's words are not text: a style sheet, an attribute that takes no words, a tag. */
function misplaced(html: string): Message[] {
  if (/<style[^>]*>(?:(?!<\/style>)[\s\S])*qzword/i.test(html)) return [{ key: 'template.wordsInSheet' }];
  const tags = html.match(/<\/?[a-z][^>]*>/gi) ?? [];
  const attributes = tags.map((tag) => tag.replaceAll(/\s(alt|title|aria-label)="[^"]*"/gi, ''));
  return attributes.some((tag) => tag.includes(calm))
    ? [{ key: 'template.wordsInTag', args: { attributes: 'alt="…", title="…", aria-label="…"' } }]
    : [];
}

const escaped = (text: string): string[] => {
  const common = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const inMessages = common.replaceAll('=', '&#x3D;');
  // The escaping of Handlebars, of our messages, and of our other helpers.
  return [inMessages.replaceAll("'", '&#x27;').replaceAll('`', '&#x60;'), inMessages, common];
};

async function renderingProblems(mjml: string, look: Look): Promise<Message[]> {
  const full = { ...look, logo: look.logo ?? logo };
  const rendered = await renderDigest(sampleOf(mjml, full, calm));
  if (rendered.dropped.ownTemplate) return faultsOf(rendered);
  const { html, bytes } = rendered;
  const problems: Message[] = [];
  const seen = visible(html);
  for (const number of sampleNumbers)
    if (!seen.includes(`href="https://sample.example/posts/${number}"`))
      problems.push({
        key: 'template.noPostLink',
        args: {
          number: String(number),
          part: '{{> posts}}',
          code: '{{#each posts}}<a href="{{href url}}">…',
        },
      });
  if (!/<title>[^<]+<\/title>/.test(html))
    problems.push(about('template.missing', '<mj-title>{{subject}}</mj-title>'));
  if (!/<html[^>]*\slang="en"/.test(html))
    problems.push({ key: 'template.lacks', args: { element: '<mjml>', code: 'lang="{{language}}"' } });
  if (bytes > sampleBytes)
    problems.push({ key: 'template.tooManyBytes', args: { bytes, limit: sampleBytes } });
  problems.push(...misplaced(html));
  if (problems.length === 0) problems.push(...(await bareProblems(mjml, look)));
  const attacked = await renderDigest(sampleOf(mjml, full, hostile));
  const tamed = escaped(hostile).reduce((text, words) => text.replaceAll(words, calm), attacked.html);
  if (tamed !== html) problems.push({ key: 'template.wordsNotText' });
  return problems;
}

/** The problems of `mjml` as a digest template, for its author. Empty: it can be used. */
export async function checkTemplate(mjml: string, look: Look): Promise<Said[]> {
  if (mjml.length > templateSizeLimit)
    return [{ key: 'template.tooLong', args: { count: templateSizeLimit } }];
  if (mjml.includes('\u0000')) return [{ key: 'template.nul' }];
  if (/<mj-include/i.test(mjml))
    return [{ key: 'template.includesFiles', args: { tag: 'mj-include', part: '{{> posts}}' } }];
  const own = { ...look, template: 'own' as const };
  const problems = placeholderProblems(mjml, own);
  if (problems.length > 0) return problems;
  const invalid = await designProblems({ ...mailDesign(own, 'ltr'), mjml });
  if (invalid.length > 0) return invalid;
  try {
    return await renderingProblems(mjml, own);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return [{ key: 'template.unrenderable', args: { problem } }];
  }
}
