// Prepares a post for storage. Everything that a publisher, or an impostor, wrote is sanitised, made absolute
// and bounded. For posts of feeds this runs in the parser's thread (src/formats/parse-worker.ts).
import { decodeAgain } from './decode-again.js';
import type { IncomingPost, PostImage, PreparedPost } from './incoming.js';
import { withoutLastWords } from './furniture-names.js';
import { htmlOf, ledgerText, looksLikeHtml, proseOf, titleText, withCharacters } from './html-text.js';
import { altAtMost, imagesIn, picturesIn } from './image-urls.js';
import { cleanText, oneLine } from '../text/clean-text.js';
import { cutAtWord, excerptOf } from '../text/cut-text.js';
import { mediaOf, withMedia } from './media-links.js';
import { isSamePicture } from './same-picture.js';
import { safeUrl } from './safe-url.js';
import { pixels, sanitise } from './sanitise.js';
import { secureImageUrl } from './secure-image-url.js';

/** The title of a post without any words. */
export const untitled = 'Untitled';

const limits = { title: 300, author: 100, topic: 60, topics: 20, text: 200_000, guid: 2_000 };

function prepareImage(
  image: PostImage | undefined,
  html: string,
  base: string | undefined,
): PostImage | null {
  const url = safeUrl(image?.url, base);
  if (image === undefined || url === undefined || secureImageUrl(url) === undefined)
    return picturesIn(html)[0] ?? null;
  const width = pixels(image.width);
  const height = pixels(image.height);
  const described = cutAtWord(oneLine(image.alt ?? ''), altAtMost);
  // The site may describe the image only where it stands in the text, perhaps in another size.
  const same = described === '' ? imagesIn(html).find((other) => isSamePicture(other.url, url)) : undefined;
  const alt = same?.alt ?? described;
  return {
    url,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(alt === '' ? {} : { alt }),
  };
}

interface Circumstances {
  base: string | undefined;
  about: { url: string | undefined; title: string };
}

/** The excerpt that the feed gives, or else of `text`. */
function prepareExcerpt(excerpt: string | undefined, text: string, { base, about }: Circumstances): string {
  const given = decodeAgain(excerpt ?? '');
  const summary = looksLikeHtml(given)
    ? proseOf(sanitise(given, base, about))
    : cleanText(withCharacters(given.slice(0, 20_000)));
  // Flattened and shortened first: on long runs of white space the patterns would take for ever.
  const source = (summary.trim() === '' ? text : summary).slice(0, 20_000).replaceAll(/\s+/g, ' ');
  return excerptOf(withoutLastWords(source, about.title));
}

function prepareTopics(topics: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const topic of topics.slice(0, 200)) {
    const name = cutAtWord(oneLine(topic), limits.topic);
    if (name !== '' && !seen.has(name.toLowerCase())) seen.set(name.toLowerCase(), name);
  }
  return [...seen.values()].slice(0, limits.topics);
}

function isUsable(date: Date | undefined): date is Date {
  return date !== undefined && date.getTime() > 0 && date.getFullYear() < 3000;
}

export interface Preparing {
  /** The HTML keeps what software puts around posts. Text and excerpt never do: a switch must change no identity. */
  keepFurniture?: boolean | undefined;
}

/**
 * The post, ready to be stored. Relative addresses resolve against `base` (xml:base, or the feed's address),
 * else against the post's own address. A post without a title takes one from its text.
 */
export function preparePost(
  post: IncomingPost,
  base?: string,
  { keepFurniture = false }: Preparing = {},
): PreparedPost {
  const url = safeUrl(post.url, base) ?? null;
  const contentBase = base ?? url ?? undefined;
  const given = post.html === undefined ? htmlOf(cleanText(post.text ?? '')) : decodeAgain(post.html);
  const media = mediaOf(post.media, contentBase);
  const title = cutAtWord(oneLine(post.title), limits.title);
  const about = { url: url ?? undefined, title };
  const sanitised = (context?: typeof about): string => {
    const words = sanitise(given, contentBase, context);
    return media === undefined ? words : withMedia(words, media);
  };
  const html = sanitised(about);
  const text = (post.text === undefined ? ledgerText(html) : cleanText(post.text).trim()).slice(
    0,
    limits.text,
  );
  const excerpt = prepareExcerpt(post.excerpt, post.text === undefined ? proseOf(html) : text, {
    base: contentBase,
    about,
  });
  const author = cutAtWord(oneLine(titleText(post.author ?? '')), limits.author);
  const count = post.commentCount;
  return {
    guid:
      cleanText(post.guid ?? '')
        .trim()
        .slice(0, limits.guid) || null,
    url,
    title: title || excerptOf(excerpt, 80) || url || untitled,
    html: keepFurniture ? sanitised() : html,
    text,
    excerpt,
    author: author === '' ? null : author,
    image: prepareImage(post.image, html, contentBase),
    topics: prepareTopics(post.topics ?? []),
    commentCount:
      count !== undefined && Number.isInteger(count) && count >= 0 && count < 2 ** 31 ? count : null,
    commentsUrl: safeUrl(post.commentsUrl, base ?? url ?? undefined) ?? null,
    publishedAt: isUsable(post.publishedAt) ? post.publishedAt : null,
  };
}
