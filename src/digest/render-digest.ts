// An issue's posts as one e-mail: subject, preheader, HTML and text.
//
// 1. Each post becomes what the templates show (digest-view.ts): cleaned, sized, cut.
// 2. The HTML is rendered, and measured as it will travel; over the budget, the least is dropped
//    (size-budget.ts).
// 3. The text is filled from the same view, so that both parts have the same posts and links.
// 4. A publisher's own template may show less, and more, than its samples did (check-template.ts). If the
//    unsubscribe link or the postal address is missing, or if the HTML contains what a mail may not, the mail
//    is rendered in our magazine: no issue waits for a template, breaks the law, or attacks a reader.
import { directionOf } from '../languages/language.js';
import { translator } from '../languages/translate.js';
import type { Look } from '../newsletters/look.js';
import { defaultSubject, fillSubject } from '../newsletters/subject-template.js';
import { renderDigestMail, renderText } from '../templating/templates.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWidth, cutAtWord } from '../text/cut-text.js';
import { dateInWords, dayInWords, hostOf } from '../text/words.js';
import { headingOf } from './arrange-posts.js';
import { postView, turnedView, type DigestPost, type ImageView, type PostView } from './digest-view.js';
import type { Dropped } from './dropped.js';
import { forbiddenIn, type Finding } from './forbidden-html.js';
import { alsoInIssue } from './issue-url.js';
import { logoUrl } from './logo-url.js';
import { mediaWords } from './media-words.js';
import { mailDesign, type Layout, type MailDesign } from './mail-design.js';
import { isServiceWord } from '../posts/furniture-names.js';
import { plainImages, type ImageBook } from '../images/image-book.js';
import { missingFrom } from './required-parts.js';
import { ownWords } from './publisher-text.js';
import { fitBudget, type Shown } from './size-budget.js';
import { asIfCounted } from '../tracking/mail-links.js';

export type { DigestPost };

/**
 * Links with placeholder tokens. They stand verbatim in both parts; each reader's own tokens replace them.
 */
export interface ReaderLinks {
  unsubscribeUrl: string;
  preferencesUrl: string;
  /** The reader's address, or its placeholder, in each part. Absent: the mail does not name it. */
  sentTo?: { html: string; text: string };
}

/** For a preview that belongs to no reader. */
export const sampleReader = { html: 'reader@example.org', text: 'reader@example.org' };

/**
 * With the token that opens an archive for readers only: a part of an address, of the same length for all.
 */
export interface VariantLinks extends ReaderLinks {
  /** Signs the addresses of images that we serve. */
  imageKey: string;
  archiveKey: string;
  sentTo: NonNullable<ReaderLinks['sentTo']>;
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
  /** The language of our own texts (BCP 47), not of the posts. Absent: the newsletter's. */
  language?: string;
  subjectTemplate: string;
  slot: Date;
  posts: DigestPost[];
  /** Posts beyond the newsletter's maximum. */
  more: number;
  /** The publisher's words, as plain text or HTML. */
  words?: { opening?: string; closing?: string; sponsor?: string };
  /** Posts are grouped under these topics, in this order. */
  headingsFrom?: readonly string[];
  /** The known sizes of the posts' images. Absent: none is known. */
  images?: ImageBook;
  /** The issue's page, if it will have one. */
  issueUrl?: string;
  /** The newsletter's page, for people to whom a reader forwarded the mail. Absent: the mail has no invitation. */
  subscribeUrl?: string;
  /** Our own address, without a trailing slash, if some readers have links that are counted. */
  countsAt?: string;
}

export interface RenderedDigest {
  subject: string;
  preheader: string;
  html: string;
  text: string;
  dropped: Dropped;
  /** The HTML's size in its transfer encoding. */
  bytes: number;
  /** What the own template's HTML contained and may not. If there is any, this is our magazine. */
  forbidden?: Finding[];
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
  if (others.length === 0) return cutAtWidth(first.excerpt ?? first.title, 140);
  // The inbox shows the subject right before it: the preheader repeats nothing of that.
  const titles = (subject.includes(first.title) ? others : posts).map((post) => post.title);
  const telling = titles.filter((title) => !isServiceWord(title));
  return cutAtWidth(telling.length === 0 ? (first.excerpt ?? '') : telling.join(' · '), 160);
}

/** The publisher's subject stays as it is; the words of our default subject are in the reader's language. */
function subjectIn(language: string, template: string, others: number): string {
  if (template !== defaultSubject) return template;
  const more = translator(language).t('digest.andMore', { count: others });
  return `{{firstTitle}}{{#if others}} ${more}{{/if}}`;
}

/** A look whose own template is missing falls back to our magazine: no mail waits for a template. */
function designOf({ mjml }: DigestInput['newsletter'], design: MailDesign): MailDesign {
  if (design.template !== 'own') return design;
  return mjml === undefined ? { ...design, template: 'magazine' } : { ...design, mjml };
}

/** The logo, no wider than the column; undefined: a mail cannot show its address. */
function logoView(look: Look, { column, images }: Layout): ImageView | undefined {
  const url = logoUrl(look);
  const { logo } = look;
  if (logo === null || url === undefined) return undefined;
  const scale = Math.min(1, column / logo.width);
  const width = Math.round(logo.width * scale);
  return { url: images.addressOf(url, width), alt: '', width, height: Math.round(logo.height * scale) };
}

/** Renders the digest. Nothing in a post can make it fail: what cannot be shown is left out. */
export async function renderDigest(input: DigestInput): Promise<RenderedDigest> {
  const rendered = await renderWith(input);
  const { mjml, ...newsletter } = input.newsletter;
  if (mjml === undefined || newsletter.look.template !== 'own') return rendered;
  const { unsubscribeUrl } = input;
  const missing = missingFrom(rendered.html, { unsubscribeUrl, addressLines: addressLines(newsletter) });
  const forbidden = forbiddenIn(rendered.html, input);
  const faults = [...missing, ...new Set(forbidden.map(({ kind }) => kind))];
  if (faults.length === 0) return rendered;
  const ours = await renderWith({ ...input, newsletter });
  return { ...ours, dropped: { ...ours.dropped, ownTemplate: faults }, forbidden };
}

const addressLines = ({ postalAddress }: Pick<DigestInput['newsletter'], 'postalAddress'>): string[] =>
  postalAddress.split('\n').map(oneLine).filter(Boolean);

async function renderWith(input: DigestInput): Promise<RenderedDigest> {
  const { newsletter } = input;
  const language = input.language ?? newsletter.language;
  const design = mailDesign(newsletter.look, directionOf(language), directionOf(newsletter.language));
  const layout = {
    ...design.layout,
    images: input.images ?? plainImages,
    sayMedia: mediaWords(translator(language)),
  };
  const mail = designOf(newsletter, design);
  const turned = design.values['direction'] === 'rtl' || layout.direction === 'rtl';
  const all = withHeadings(
    input.posts.map((post, index) =>
      turnedView(postView(post, newsletter.content, index === 0, layout), turned),
    ),
    input,
  );
  const subject = subjectOf(input, language, all);
  const preheader = preheaderOf(all, subject);
  const shared = { ...sharedView(input, language, layout), subject, preheader, turned };
  const viewOf = (some: Shown): object => ({
    ...shared,
    ...postsView(input, layout, all.length, some),
  });
  const { countsAt } = input;
  const { html, bytes, shown, dropped } = await fitBudget(
    all,
    (some) => renderDigestMail(mail, { ...viewOf(some), sentTo: input.sentTo?.html }),
    countsAt === undefined ? undefined : (part) => asIfCounted(part, countsAt),
  );
  return {
    subject,
    preheader,
    html,
    text: renderText('digest', { ...viewOf(shown), sentTo: input.sentTo?.text }),
    dropped,
    bytes,
  };
}

function subjectOf(input: DigestInput, language: string, posts: readonly PostView[]): string {
  const { newsletter, slot } = input;
  const count = posts.length + input.more;
  const others = Math.max(0, count - 1);
  return fillSubject(subjectIn(language, input.subjectTemplate, others), {
    newsletter: oneLine(newsletter.name),
    firstTitle: posts[0]?.title ?? '',
    others,
    count,
    date: dayInWords(slot, newsletter.timezone, language),
  });
}

/** The values that the templates show around the posts. */
function sharedView(input: DigestInput, language: string, layout: Layout): object {
  const { newsletter, slot } = input;
  const { opening, closing, sponsor } = input.words ?? {};
  return {
    name: oneLine(newsletter.name),
    language,
    contentLanguage: newsletter.language,
    // The posts' language, which is marked on each of them only where it differs.
    foreign: newsletter.language !== language,
    date: dateInWords(slot, newsletter.timezone, language),
    logo: logoView(newsletter.look, layout),
    opening: ownWords(opening, layout),
    closing: ownWords(closing, layout),
    sponsor: ownWords(sponsor, layout),
    headlinesOnly: newsletter.content === 'headlines',
    siteUrl: newsletter.siteUrl,
    siteHost: hostOf(newsletter.siteUrl),
    addressLines: addressLines(newsletter),
    unsubscribeUrl: input.unsubscribeUrl,
    preferencesUrl: input.preferencesUrl,
    subscribeUrl: input.subscribeUrl,
  };
}

/** A table of contents pays from four posts on. Beyond ten entries it is a second mail. */
const contentsFrom = 4;
const contentsAtMost = 10;

/** The table of contents. Undefined: the mail has none. A list of headlines is one itself. */
function contentsOf(input: DigestInput, layout: Layout, { posts, repeatsTitles }: Shown) {
  if (!repeatsTitles || posts.length < contentsFrom || layout.compact) return undefined;
  if (input.newsletter.content === 'headlines') return undefined;
  const entries = posts.slice(0, contentsAtMost);
  return {
    entries: entries.map(({ listTitle, url }) => ({ listTitle, url })),
    others: posts.length - entries.length,
  };
}

/** The posts that the mail shows, of `all`, and where the others are. */
function postsView(input: DigestInput, layout: Layout, all: number, shown: Shown): object {
  const { newsletter, issueUrl } = input;
  const { posts } = shown;
  // The issue's page shows what the budget drops among its posts, and what is beyond the maximum below them.
  const moreUrl = issueUrl && (input.more > 0 ? `${issueUrl}#${alsoInIssue}` : issueUrl);
  return {
    contents: contentsOf(input, layout, shown),
    named: shown.repeatsTitles,
    // A list of headlines needs no lines between them in the text part.
    parted: newsletter.content !== 'headlines' && !layout.compact,
    numbered: posts.length > 1,
    posts,
    more: input.more + all - posts.length,
    issueUrl,
    moreUrl: moreUrl ?? newsletter.siteUrl,
  };
}
