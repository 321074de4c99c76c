// One post as the digest shows it: its words on one line each, its image given a size, its HTML fit for mail. Pure but
// for the sanitiser.
import { textOf } from '../posts/html-text.js';
import { cutAtWord, oneLine } from '../words.js';
import { mailHtml, mailText, secureImageUrl } from './mail-html.js';

export interface DigestPost {
  title: string;
  url: string;
  author?: string;
  image?: { url: string; width?: number; height?: number; alt?: string };
  /** Sanitised on the way in; sanitised again for mail here. */
  excerptHtml?: string;
  excerptText?: string;
  /** The whole post, for newsletters whose content is 'full'. */
  html?: string;
  commentCount?: number;
  publishedAt?: Date;
  topics: string[];
}

export interface PostView {
  title: string;
  /** The title as the link at the post's end repeats it. */
  shortTitle: string;
  /** Absent when the post has no address that may be followed. */
  url?: string;
  author?: string;
  excerpt?: string;
  bodyHtml?: string;
  bodyText?: string;
  commentCount?: number;
  /** Whether there is an author or a comment count to show under the title. */
  byline: boolean;
  image?: ImageView;
}

export interface ImageView {
  url: string;
  alt: string;
  /** CSS pixels, as shown. The height is there when the feed says the image's proportions. */
  width: number;
  height?: number;
  /** Across the whole column, above the title; else a thumbnail beside it. */
  wide: boolean;
}

const isWebAddress = (url: string): boolean =>
  URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);

const columnWidth = 536;
const thumbnail = { width: 168, height: 224 };
const excerptLength = 320;

function imageView(image: NonNullable<DigestPost['image']>, lead: boolean): ImageView | undefined {
  const url = secureImageUrl(image.url);
  if (url === undefined) return undefined;
  const natural = { width: image.width ?? 0, height: image.height ?? 0 };
  const known = natural.width > 0 && natural.height > 0;
  // Smaller than this is a tracking pixel, a spacer or an icon.
  if ((natural.width > 0 && natural.width < 48) || (natural.height > 0 && natural.height < 48))
    return undefined;
  const landscape = !known || natural.width >= natural.height * 1.1;
  const wide = lead && landscape && (natural.width === 0 || natural.width >= columnWidth * 0.75);
  const most = wide ? { width: columnWidth, height: 400 } : thumbnail;
  const scale = known ? Math.min(1, most.width / natural.width, most.height / natural.height) : 1;
  return {
    url,
    alt: cutAtWord(oneLine(image.alt ?? ''), 200),
    width: known ? Math.round(natural.width * scale) : most.width,
    ...(known ? { height: Math.round(natural.height * scale) } : {}),
    wide,
  };
}

/** What the templates show of `post`. The lead is the first. */
export function postView(
  post: DigestPost,
  content: 'excerpt' | 'full' | 'headlines',
  lead: boolean,
): PostView {
  const title = cutAtWord(oneLine(post.title), 300) || cutAtWord(post.url, 80) || 'Untitled';
  const view: PostView = { title, shortTitle: cutAtWord(title, 60), byline: false };
  if (isWebAddress(post.url)) view.url = post.url;
  const author = cutAtWord(oneLine(post.author ?? ''), 80);
  if (author !== '') view.author = author;
  if (post.commentCount !== undefined && post.commentCount > 0) view.commentCount = post.commentCount;
  view.byline = view.author !== undefined || view.commentCount !== undefined;
  if (content === 'headlines') return view;

  const image = post.image && imageView(post.image, lead);
  if (image) view.image = image;
  const excerpt = oneLine(
    post.excerptText ?? (post.excerptHtml === undefined ? '' : textOf(post.excerptHtml)),
  );
  if (excerpt !== '') view.excerpt = cutAtWord(excerpt, excerptLength);
  const bodyHtml = content === 'full' && post.html !== undefined ? mailHtml(post.html) : '';
  if (bodyHtml !== '') {
    view.bodyHtml = bodyHtml;
    // Most posts show their picture in the text: it is not shown twice.
    if (image && post.html?.includes(post.image?.url ?? '')) delete view.image;
    view.bodyText = mailText(bodyHtml);
  }
  return view;
}
