// One post as the digest's templates show it: single-line texts, a sized image, HTML fit for mail. Pure but
// for the sanitiser.
import { isServiceWord } from '../posts/furniture-names.js';
import { textOf } from '../posts/html-text.js';
import { leadingMedia, sayMedia } from '../posts/media-links.js';
import { imagesIn, picturesIn } from '../posts/image-urls.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWidth, cutAtWord, excerptOf } from '../text/cut-text.js';
import { hostOf } from '../text/words.js';
import type { Layout } from './mail-design.js';
import { mailBody, tallestPicture } from './mail-html.js';
import { isSamePicture } from '../posts/same-picture.js';
import { secureImageUrl } from '../posts/secure-image-url.js';
import type { ImageBook } from '../images/image-book.js';
import { parseUrl } from '../parse-url.js';

export interface DigestPost {
  title: string;
  url: string;
  author?: string;
  image?: { url: string; width?: number; height?: number; alt?: string };
  /** Sanitised when it was stored; sanitised again for mail here. */
  excerptHtml?: string;
  excerptText?: string;
  /** The whole post, for newsletters with content 'full'. */
  html?: string;
  commentCount?: number;
  commentsUrl?: string;
  /** The title of its feed, if the newsletter has several. */
  source?: string;
  publishedAt?: Date;
  topics: string[];
  pinned?: boolean;
}

export interface PostView {
  title: string;
  /** The title, as the table of contents has it. */
  listTitle: string;
  /** The title, as a screen reader says it with the link at the post's end. */
  shortTitle: string;
  /** The title is the beginning of the text: the text stands without it. */
  untitled: boolean;
  /** Absent if the post has no address that may be linked. */
  url?: string;
  author?: string;
  excerpt?: string;
  bodyHtml?: string;
  bodyText?: string;
  /** What the post begins with, or has alone, to listen to or watch. The whole text contains it. */
  media?: { url: string; words: string };
  commentCount?: number;
  /** The page with the comments, which their count links to. */
  commentsUrl?: string;
  /** The feed that the post is from, if the newsletter has several. */
  source?: string;
  /** The topic that begins with this post, if posts stand under topics. */
  heading?: string;
  /** The first post, which is set larger. */
  lead: boolean;
  /** Whether a link stands under the excerpt. A bare headline is its own link. */
  readOn: boolean;
  /** The site of the post's address. It is linked under a whole text without a title, which has no other link. */
  host?: string;
  /** Whether a line separates it from the post before. */
  ruled: boolean;
  /** Whether its writing direction differs from the newsletter's: it begins at the other side. */
  against: boolean;
  /** Whether the author's name, or the mail around it, is written from right to left. */
  turned: boolean;
  /** Whether there is an author, a source or a comment count to show under the title. */
  byline: boolean;
  /** Across the whole column, above the title. */
  picture?: ImageView;
  /** Beside the text. */
  thumb?: ImageView;
}

export interface ImageView {
  url: string;
  alt: string;
  /** CSS pixels, as shown. The height is present if the proportions are known. */
  width: number;
  height?: number;
}

const isWebAddress = (url: string): boolean => ['http:', 'https:'].includes(parseUrl(url)?.protocol ?? '');

/** Whether a mail can show the image at `address`, as far as is known. */
export function isShowable(address: string, images: ImageBook): boolean {
  const url = secureImageUrl(address);
  return url !== undefined && !images.isNone(url);
}

/** The post's own image, or the next one in its text if a mail cannot show that. */
function pictureOf({ image, html = '' }: DigestPost, images: ImageBook): DigestPost['image'] {
  if (image === undefined || isShowable(image.url, images)) return image;
  return picturesIn(html).find(({ url }) => isShowable(url, images));
}

/** As the feed says, or else as measured. */
function sizeOf(
  image: NonNullable<DigestPost['image']>,
  images: ImageBook,
): { width?: number; height?: number } {
  const { width = 0, height = 0 } = image;
  if (width > 0 && height > 0) return { width, height };
  const url = secureImageUrl(image.url);
  return (url === undefined ? undefined : images.sizeOf(url)) ?? image;
}

/** The image: a picture across the column, or a thumbnail; nothing if it cannot or should not be shown. */
function placeImage(
  image: NonNullable<DigestPost['image']>,
  across: boolean,
  layout: Layout,
): { picture?: ImageView; thumb?: ImageView } {
  const url = secureImageUrl(image.url);
  const { width = 0, height = 0 } = sizeOf(image, layout.images);
  // Smaller images are tracking pixels, spacers or icons.
  const isTiny = (width > 0 && width < 48) || (height > 0 && height < 48);
  if (url === undefined || isTiny) return {};
  const known = width > 0 && height > 0;
  const most = across ? { width: layout.column, height: tallestPicture } : layout.thumb;
  const scale = known ? Math.min(1, most.width / width, most.height / height) : 1;
  const view = {
    url: layout.images.addressOf(url, known ? Math.round(width * scale) : most.width),
    alt: cutAtWord(oneLine(image.alt ?? ''), 200),
    width: known ? Math.round(width * scale) : most.width,
    ...(known ? { height: Math.round(height * scale) } : {}),
  };
  return across ? { picture: view } : { thumb: view };
}

/** Whether the image can fill the column: not upright, and wide enough as far as the feed says. */
const isWide = ({ width = 0, height = 0 }: { width?: number; height?: number }, column: number): boolean =>
  (width === 0 || width >= column * 0.75) && (height === 0 || width >= height * 1.1);

const rightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/**
 * The direction of most letters: a Hebrew title may begin with a Latin name. Undefined: there are no letters.
 */
function directionOf(words: string): 'ltr' | 'rtl' | undefined {
  const letters = words.match(/\p{L}/gu) ?? [];
  if (letters.length === 0) return undefined;
  return 2 * letters.filter((letter) => rightToLeft.test(letter)).length > letters.length ? 'rtl' : 'ltr';
}

const otherDirection = { ltr: 'rtl', rtl: 'ltr' } as const;

/** In columns. */
const limits = { title: 160, listTitle: 90, shortTitle: 60, author: 40, source: 50 };
/** The share of a name that a cut keeps at least: a part of the last name would be another name. */
const wholeNames = 0.2;

/** prepare-post.ts gives a post without a title the beginning of its text. */
const isUntitled = (title: string, excerpt: string): boolean =>
  excerpt !== '' && title === oneLine(excerptOf(excerpt, 80));

/** The view of `post` for the templates; `isFirst`: of its issue. */
export function postView(
  post: DigestPost,
  content: 'excerpt' | 'full' | 'headlines',
  isFirst: boolean,
  layout: Layout,
): PostView {
  const title = cutAtWidth(oneLine(post.title), limits.title) || cutAtWord(post.url, 80) || 'Untitled';
  const own = directionOf(`${title} ${post.excerptText ?? ''}`.slice(0, 600));
  const view: PostView = {
    title,
    listTitle: cutAtWidth(title, limits.listTitle),
    shortTitle: cutAtWidth(title, limits.shortTitle),
    untitled: false,
    lead: false,
    readOn: false,
    against: own !== undefined && own !== layout.direction,
    turned: false,
    byline: false,
    ruled: !isFirst,
  };
  if (isWebAddress(post.url)) view.url = post.url;
  addByline(view, post);
  const media = mediaView(post, layout);
  if (media !== undefined) view.media = media;
  if (content === 'headlines') return view;

  view.lead = isFirst && layout.hasLead;
  view.readOn = view.url !== undefined && !layout.compact;
  addWords(view, post, content === 'full' && !layout.compact, layout);
  const image = pictureOf(post, layout.images);
  // Most posts show their picture in the text: the mail must not show it twice.
  const isInText = (): boolean =>
    imagesIn(post.html ?? '').some(({ url }) => image !== undefined && isSamePicture(url, image.url));
  if (image && !(view.bodyHtml !== undefined && isInText()))
    Object.assign(view, placeImage(image, isAcross(view, image, isFirst, layout), layout));
  return view;
}

function mediaView({ html = '', excerptText = '' }: DigestPost, layout: Layout): PostView['media'] {
  const media = leadingMedia(html, excerptText.trim() !== '');
  return media && { url: media.url, words: layout.sayMedia(media) };
}

function addByline(view: PostView, post: DigestPost): void {
  const author = cutAtWidth(oneLine(post.author ?? ''), limits.author, wholeNames);
  if (author !== '') view.author = author;
  const source = cutAtWidth(oneLine(post.source ?? ''), limits.source, wholeNames);
  // A blog of one author may bear the author's name.
  if (source !== '' && source !== author) view.source = source;
  if (post.commentCount !== undefined && post.commentCount > 0) {
    view.commentCount = post.commentCount;
    if (isWebAddress(post.commentsUrl ?? '')) view.commentsUrl = post.commentsUrl!;
  }
  view.byline = hasByline(view);
}

const hasByline = ({ author, source, commentCount }: PostView): boolean =>
  [author, source, commentCount].some((part) => part !== undefined);

/** The excerpt, or the whole text. */
function addWords(view: PostView, post: DigestPost, whole: boolean, layout: Layout): void {
  const excerpt = oneLine(
    post.excerptText ?? (post.excerptHtml === undefined ? '' : textOf(post.excerptHtml)),
  );
  // "Comments", the whole text of some link blogs, is the name of a link that a mail does not have there.
  if (excerpt !== '' && !isServiceWord(excerpt)) view.excerpt = cutAtWidth(excerpt, layout.excerpt);
  const direction = view.against ? otherDirection[layout.direction] : layout.direction;
  const body =
    whole && post.html !== undefined
      ? mailBody(sayMedia(post.html, layout.sayMedia), { ...layout, direction })
      : undefined;
  if (body !== undefined) {
    view.bodyHtml = body.html;
    view.bodyText = body.text;
    // The title links to the post.
    view.readOn = false;
  }
  if (!isUntitled(oneLine(post.title), excerpt)) return;
  if (body === undefined && (layout.compact || excerpt === view.title)) {
    // The words stand once, as the headline.
    view.title = cutAtWidth(excerpt, limits.title);
    delete view.excerpt;
    return;
  }
  view.untitled = true;
  const host = body === undefined || view.url === undefined ? undefined : hostOf(view.url);
  if (host === undefined) return;
  view.host = host;
  // A microblog's feed may bear the name of its site.
  if (view.source === host) delete view.source;
  view.byline = hasByline(view);
}

function isAcross(
  { bodyHtml }: PostView,
  image: NonNullable<DigestPost['image']>,
  isFirst: boolean,
  { across, column, images }: Layout,
): boolean {
  if (across === 'none') return false;
  if (across === 'all' || bodyHtml !== undefined) return true;
  return isFirst && isWide(sizeOf(image, images), column);
}

/** The view for a mail that runs from right to left, or does not. */
export function turnedView(view: PostView, mailIsTurned: boolean): PostView {
  return { ...view, turned: mailIsTurned || rightToLeft.test(`${view.author ?? ''}${view.source ?? ''}`) };
}
