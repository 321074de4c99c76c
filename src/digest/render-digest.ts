// An issue's posts as one e-mail: subject, preheader, HTML and text.
//
// 1. Each post becomes what the templates show (digest-view.ts): cleaned, sized, cut.
// 2. The HTML is rendered and measured as it will travel. Over the budget, the least is given up that brings it under:
//    full texts become excerpts, excerpts shorter ones, then excerpts go, then images, each from the last post upwards; then whole posts go to
//    "N more on the web".
// 3. The text is filled from the same view, so that both parts have the same posts and links.
// 4. A publisher's own template may show less than its samples did (check-template.ts). Where the way out or the postal
//    address is missing, the mail is rendered in our magazine: an issue waits for no template, and breaks no law for one.
import { directionOf } from '../languages/language.js';
import { translator } from '../languages/translate.js';
import type { Look } from '../newsletters/look.js';
import { defaultSubject, fillSubject } from '../newsletters/subject-template.js';
import { renderDigestMail, renderText } from '../templating/templates.js';
import { cutAtWord, dateInWords, dayInWords, hostOf, oneLine } from '../text/words.js';
import { headingOf } from './arrange-posts.js';
import { postView, turnedView, type DigestPost, type ImageView, type PostView } from './digest-view.js';
import { quotedPrintableBytes, type Dropped } from './encoded-size.js';
import { alsoInIssue } from './issue-url.js';
import { mailDesign, type Layout, type MailDesign } from './mail-design.js';
import { secureImageUrl } from '../posts/secure-image-url.js';
import { plainImages, type ImageBook } from '../images/image-book.js';
import { missingFrom } from './required-parts.js';
import { ownWords } from './publisher-text.js';

export type { DigestPost };

/** With placeholder tokens: the links stand verbatim in both parts, for each reader's own to take their places. */
export interface ReaderLinks {
  unsubscribeUrl: string;
  preferencesUrl: string;
}

/** With what opens an archive that is for readers alone: a part of an address, and of the same length for all. */
export interface VariantLinks extends ReaderLinks {
  /** Signs the addresses of images that we serve. */
  imageKey: string;
  archiveKey: string;
}

export interface DigestInput extends ReaderLinks {
  newsletter: {
    name: string;
    siteUrl?: string;
    postalAddress: string;
    /** BCP 47. */
    language: string;
    /** IANA. */
    timezone: string;
    content: 'excerpt' | 'full' | 'headlines';
    look: Look;
    /** The publisher's own template, if the look names it. */
    mjml?: string;
  };
  /** What its readers are spoken to in, BCP 47; the posts are as they are. Left out: the newsletter's. */
  language?: string;
  subjectTemplate: string;
  slot: Date;
  posts: DigestPost[];
  /** Posts beyond the newsletter's maximum. */
  more: number;
  /** The publisher's own, as plain text or HTML. */
  words?: { opening?: string; closing?: string; sponsor?: string };
  /** Posts stand under their topics: the newsletter's, in their order. */
  headingsFrom?: readonly string[];
  /** What is known of the posts' images; left out: nothing. */
  images?: ImageBook;
  /** The issue's page, if it will have one. */
  issueUrl?: string;
}

export interface RenderedDigest {
  subject: string;
  preheader: string;
  html: string;
  text: string;
  dropped: Dropped;
  /** The HTML's size as quoted-printable. */
  bytes: number;
}

// Gmail clips a message at about 102,000 bytes, and hides the unsubscribe link with the rest.
export const htmlBudget = 90_000;

const shortExcerpt = 120;

type Step = (posts: PostView[]) => PostView[];

const change =
  (index: number, keep: (post: PostView) => PostView): Step =>
  (posts) =>
    posts.with(index, keep(posts[index]!));

/** What can be given up, the dearest last. */
function savings(posts: PostView[]): Step[] {
  const upwards = posts.map((_, index) => index).toReversed();
  const having = (field: keyof PostView) => upwards.filter((index) => posts[index]?.[field] !== undefined);
  return [
    ...having('bodyHtml').map((index) => change(index, ({ bodyHtml: _, bodyText: __, ...post }) => post)),
    ...having('excerpt').map((index) =>
      change(index, (post) => ({ ...post, excerpt: cutAtWord(post.excerpt ?? '', shortExcerpt) })),
    ),
    ...having('excerpt').map((index) => change(index, ({ excerpt: _, ...post }) => post)),
    ...having('thumb').map((index) => change(index, ({ thumb: _, ...post }) => post)),
    ...having('picture').map((index) => change(index, ({ picture: _, ...post }) => post)),
    ...upwards.slice(0, -1).map((): Step => (kept) => kept.slice(0, -1)),
  ];
}

/** The first post of each topic has the topic as its heading. */
function withHeadings(
  views: PostView[],
  { posts, headingsFrom }: Pick<DigestInput, 'posts' | 'headingsFrom'>,
): PostView[] {
  if (headingsFrom === undefined) return views;
  const headings = posts.map(({ topics, pinned }) => (pinned ? undefined : headingOf(topics, headingsFrom)));
  return views.map((view, index) => {
    const heading = headings[index];
    return heading === undefined || heading === headings[index - 1]
      ? view
      : { ...view, heading: cutAtWord(oneLine(heading), 80), ruled: false };
  });
}

function preheaderOf(posts: PostView[], subject: string): string {
  const [first, ...others] = posts;
  if (first === undefined) return '';
  if (others.length === 0) return cutAtWord(first.excerpt ?? first.title, 140);
  // The subject stands right before it in the inbox: what it says already is not said again.
  const titles = (subject.includes(first.title) ? others : posts).map((post) => post.title);
  return cutAtWord(titles.join(' · '), 160);
}

/** The newsletter's own words stay; those that we put into a subject are said in the reader's language. */
function subjectIn(language: string, template: string, others: number): string {
  if (template !== defaultSubject) return template;
  const more = translator(language).t('digest.andMore', { count: others });
  return `{{newsletter}}: {{firstTitle}}{{#if others}} ${more}{{/if}}`;
}

/** Without the version that it names, a look of its own is our magazine: no mail waits for a template. */
function designOf({ mjml }: DigestInput['newsletter'], design: MailDesign): MailDesign {
  if (design.template !== 'own') return design;
  return mjml === undefined ? { ...design, template: 'magazine' } : { ...design, mjml };
}

/** The logo no wider than the column, of an address that may stand in a mail. */
function logoView(logo: Look['logo'], { column, images }: Layout): ImageView | undefined {
  const url = logo === null ? undefined : secureImageUrl(logo.url);
  if (logo === null || url === undefined) return undefined;
  const scale = Math.min(1, column / logo.width);
  const width = Math.round(logo.width * scale);
  return { url: images.addressOf(url, width), alt: '', width, height: Math.round(logo.height * scale) };
}

/** The digest. Nothing in a post can stop it: what cannot be shown is left out. */
export async function renderDigest(input: DigestInput): Promise<RenderedDigest> {
  const rendered = await renderWith(input);
  const { mjml, ...newsletter } = input.newsletter;
  if (mjml === undefined || newsletter.look.template !== 'own') return rendered;
  const { unsubscribeUrl } = input;
  const missing = missingFrom(rendered.html, { unsubscribeUrl, addressLines: addressLines(newsletter) });
  if (missing.length === 0) return rendered;
  const ours = await renderWith({ ...input, newsletter });
  return { ...ours, dropped: { ...ours.dropped, ownTemplate: missing } };
}

const addressLines = ({ postalAddress }: Pick<DigestInput['newsletter'], 'postalAddress'>): string[] =>
  postalAddress.split('\n').map(oneLine).filter(Boolean);

async function renderWith(input: DigestInput): Promise<RenderedDigest> {
  const { newsletter, slot } = input;
  const language = input.language ?? newsletter.language;
  const design = mailDesign(newsletter.look, directionOf(language), directionOf(newsletter.language));
  const layout = { ...design.layout, images: input.images ?? plainImages };
  const mail = designOf(newsletter, design);
  const turned = design.values['direction'] === 'rtl' || layout.direction === 'rtl';
  const all = withHeadings(
    input.posts.map((post, index) =>
      turnedView(postView(post, newsletter.content, index === 0, layout), turned),
    ),
    input,
  );
  const name = oneLine(newsletter.name);
  const count = all.length + input.more;
  const others = Math.max(0, count - 1);
  const subject = fillSubject(subjectIn(language, input.subjectTemplate, others), {
    newsletter: name,
    firstTitle: all[0]?.title ?? '',
    others,
    count,
    date: dayInWords(slot, newsletter.timezone, language),
  });
  const preheader = preheaderOf(all, subject);
  const headlinesOnly = newsletter.content === 'headlines';
  const { opening, closing, sponsor } = input.words ?? {};
  const shared = {
    name,
    subject,
    preheader,
    language,
    contentLanguage: newsletter.language,
    // The posts' own, which is said of each of them only where it must be.
    foreign: newsletter.language !== language,
    turned,
    date: dateInWords(slot, newsletter.timezone, language),
    logo: logoView(newsletter.look.logo, layout),
    opening: ownWords(opening, layout),
    closing: ownWords(closing, layout),
    sponsor: ownWords(sponsor, layout),
    headlinesOnly,
  };

  // What the budget drops stands on the issue's page among the others, what is beyond the maximum below them.
  const moreUrl = input.issueUrl && (input.more > 0 ? `${input.issueUrl}#${alsoInIssue}` : input.issueUrl);

  const viewOf = (posts: PostView[]): object => ({
    ...shared,
    // The headlines first, for two posts or more. A list of headlines is that itself.
    contents: posts.length > 1 && !headlinesOnly && !layout.compact,
    numbered: posts.length > 1,
    posts,
    more: input.more + all.length - posts.length,
    issueUrl: input.issueUrl,
    moreUrl: moreUrl ?? newsletter.siteUrl,
    siteUrl: newsletter.siteUrl,
    siteHost: hostOf(newsletter.siteUrl),
    addressLines: addressLines(newsletter),
    unsubscribeUrl: input.unsubscribeUrl,
    preferencesUrl: input.preferencesUrl,
  });

  const steps = savings(all);
  const after = (taken: number): PostView[] =>
    steps.slice(0, taken).reduce((posts, step) => step(posts), all);
  const attempt = async (taken: number) => {
    const html = await renderDigestMail(mail, viewOf(after(taken)));
    return { taken, html, bytes: quotedPrintableBytes(html) };
  };

  let best = await attempt(0);
  if (best.bytes > htmlBudget) {
    // Each step makes it smaller, so the fewest that suffice are found by halving.
    let [low, high] = [0, steps.length];
    best = await attempt(high);
    while (high - low > 1) {
      const middle = await attempt((low + high) >> 1);
      if (middle.bytes > htmlBudget) low = middle.taken;
      else [best, high] = [middle, middle.taken];
    }
  }

  const kept = after(best.taken);
  const less = (...fields: (keyof PostView)[]): number =>
    kept.filter((post, index) => fields.some((field) => post[field] !== all[index]?.[field])).length;
  return {
    subject,
    preheader,
    html: best.html,
    text: renderText('digest', viewOf(kept)),
    dropped: {
      excerpts: less('excerpt', 'bodyHtml'),
      images: less('picture', 'thumb'),
      posts: all.length - kept.length,
    },
    bytes: best.bytes,
  };
}
