// Replaces what a mail cannot play or frame: videos, sounds and frames become links, formulas become text, and
// AMP's images become images. Pure except for the sanitiser. Its result is not safe by itself: sanitise.ts calls it
// first.
import { embedOf, type Embed, knownEmbed } from './embed-hosts.js';
import {
  elementsIn,
  type HtmlElement,
  type HtmlNode,
  classNamesOf,
  readTree,
  textIn,
  writeTree,
} from '../text/html-tree.js';
import { fromSet, lazyAddresses } from './lazy-images.js';
import { formulaOf } from '../text/formulas.js';
import { linkAttributes, type Media, neutralWords, siteOf } from './media-links.js';
import { safeUrl } from './safe-url.js';
import { escapeHtml } from '../text/escape-html.js';

const trigger =
  /<(?:iframe|video|audio|object|embed|picture|math|amp-|lite-|youtube-video|vimeo-video)|wp-block-embed__wrapper|rll-youtube-player/i;

// A browser ignores the slash of <iframe/>, and takes the rest of the post for the frame's content.
const selfClosed = /<(iframe|video|audio|object|embed|amp-[a-z]+)((?:\s[^<>]{0,4000})?)\/>/gi;

interface Context {
  base: string | undefined;
  /** The element is within one that may contain no blocks. */
  inline: boolean;
  /** The element is within a link. */
  linked: boolean;
}

type Shown = Embed & { file?: boolean; title?: string };

/** Tags that cannot contain a paragraph. */
const inlineOnly = new Set(
  'p h1 h2 h3 h4 h5 h6 a b strong em i u s del ins small sub sup mark abbr q cite span font pre'.split(' '),
);

const element = (tag: string, attribs: Record<string, string>, children: HtmlNode[]): HtmlElement => ({
  tag,
  attribs,
  children,
});

/** The link that stands for an embed, under its still if there is one. */
function linksTo({ kind, url, file = false, still, title }: Shown, { inline, linked }: Context): HtmlNode[] {
  const media: Media = { kind, file, url };
  const attribs = linkAttributes(media);
  const size: Record<string, string> = still?.includes('//i.ytimg.com/')
    ? { width: '480', height: '360' }
    : {};
  const image = element('img', { src: still ?? '', alt: title?.trim() || siteOf(url), ...size }, []);
  if (linked) return still === undefined ? [] : [image];
  const link = element('a', attribs, [escapeHtml(neutralWords(media))]);
  const picture = still === undefined ? [] : [element('a', { href: url }, [image])];
  if (inline) return [' ', ...picture, ...(picture.length === 0 ? [] : [element('br', {}, [])]), link, ' '];
  return [...picture, link].map((child) => element('p', {}, [child]));
}

const hidden = /^\s*[01](?:px)?\s*$/;
const isHidden = ({ attribs }: HtmlElement): boolean =>
  hidden.test(attribs['width'] ?? '') ||
  hidden.test(attribs['height'] ?? '') ||
  /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attribs['style'] ?? '') ||
  // Some players have a width of 1 and a least width.
  /^(?!.*min-width).*(?:^|[\s;])(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)/is.test(
    attribs['style'] ?? '',
  ) ||
  'hidden' in attribs;

/** Names of attributes that hold a frame's address, also where a plugin loads it late. */
const frameAddresses = ['src', 'data-src', 'data-lazy-src', 'data-litespeed-src', 'data-cmp-src', 'data-url'];

const isEmpty = (address: string | undefined): boolean =>
  address === undefined || /^\s*(?:about:|javascript:|data:|blob:|$)/i.test(address);

function frame(found: HtmlElement, { base }: Context): Shown | undefined {
  if (isHidden(found) || classNamesOf(found).includes('wp-embedded-content')) return undefined;
  const { attribs } = found;
  const address = frameAddresses.map((name) => attribs[name]).find((given) => !isEmpty(given));
  // Medium leaves the address out, and has a link for browsers without frames.
  const fallback = elementsIn(found.children).find(({ tag }) => tag === 'a')?.attribs['href'];
  const embed = embedOf(address ?? fallback, base);
  return embed && { ...embed, ...(attribs['title'] ? { title: attribs['title'] } : {}) };
}

/** A film or a sound that the page plays by itself. */
function player(kind: 'video' | 'audio', found: HtmlElement, { base }: Context): Shown | undefined {
  const { attribs, children } = found;
  const inside = elementsIn(children);
  const sources = inside.filter(({ tag }) => tag === 'source').map((source) => source.attribs);
  // A stream in pieces plays in few browsers by its address alone.
  const whole = sources.toSorted(
    (a, b) => Number(/mpegurl|dash/i.test(a['type'] ?? '')) - Number(/mpegurl|dash/i.test(b['type'] ?? '')),
  );
  const links = inside.filter(({ tag }) => tag === 'a').map((link) => link.attribs['href']);
  const addresses = [attribs['src'], attribs['data-src'], ...whole.map(({ src }) => src), ...links];
  const url = addresses.map((address) => safeUrl(address, base)).find((address) => address !== undefined);
  if (url === undefined) return undefined;
  const known = knownEmbed(url);
  const still = safeUrl(attribs['poster'] ?? attribs['data-poster'], base);
  return {
    ...(known ?? { kind, url, file: true }),
    ...(still === undefined ? {} : { still }),
    ...(attribs['title'] ? { title: attribs['title'] } : {}),
  };
}

/** Flash players, films and documents. A .swf file opens nowhere. */
function plugin(found: HtmlElement, { base }: Context): Shown | undefined {
  const inside = elementsIn(found.children);
  const params = inside.filter(
    ({ tag, attribs }) => tag === 'param' && /^(?:movie|src|url)$/i.test(attribs['name'] ?? ''),
  );
  const addresses = [
    found.attribs['data'],
    found.attribs['src'],
    ...params.map(({ attribs }) => attribs['value']),
    ...inside.map(({ attribs }) => attribs['src']),
  ];
  const type = found.attribs['type'] ?? '';
  for (const address of addresses) {
    const url = safeUrl(address, base);
    if (url === undefined || isHidden(found)) continue;
    const known = knownEmbed(url);
    if (known !== undefined) return known;
    const [, kind] = /^(audio|video)\//.exec(type) ?? [];
    if (kind === 'audio' || kind === 'video') return { kind, url, file: true };
    if (!/\.swf(?:[?#]|$)/i.test(url) && !/flash|silverlight|java/i.test(type)) return embedOf(url);
  }
  return undefined;
}

/** Elements that name a video of one service by its number. */
const byNumber: Readonly<Record<string, (id: string) => string>> = {
  'amp-youtube': (id) => `https://www.youtube.com/embed/${id}`,
  'lite-youtube': (id) => `https://www.youtube.com/embed/${id}`,
  'amp-vimeo': (id) => `https://player.vimeo.com/video/${id}`,
  'lite-vimeo': (id) => `https://player.vimeo.com/video/${id}`,
  'amp-dailymotion': (id) => `https://www.dailymotion.com/embed/video/${id}`,
  'amp-soundcloud': (id) => `https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/${id}`,
};

function numbered({ tag, attribs }: HtmlElement): Shown | undefined {
  const id = attribs['videoid'] ?? attribs['data-videoid'] ?? attribs['data-trackid'] ?? '';
  return /^[\w-]{4,30}$/.test(id) ? knownEmbed(byNumber[tag]?.(id)) : undefined;
}

/** Elements that this file replaces, with what they show. */
const shownBy: Readonly<Record<string, (found: HtmlElement, context: Context) => Shown | undefined>> = {
  iframe: frame,
  'amp-iframe': frame,
  video: (found, context) => player('video', found, context),
  'amp-video': (found, context) => player('video', found, context),
  audio: (found, context) => player('audio', found, context),
  'amp-audio': (found, context) => player('audio', found, context),
  object: plugin,
  embed: plugin,
  'youtube-video': (found, { base }) => knownEmbed(found.attribs['src'], base),
  'vimeo-video': (found, { base }) => knownEmbed(found.attribs['src'], base),
  ...Object.fromEntries(Object.keys(byNumber).map((tag) => [tag, numbered])),
};

/** The image of <picture>, from its sources if it has no other. */
function imageOf(found: HtmlElement): HtmlNode[] {
  const inside = elementsIn(found.children);
  const image = inside.find(({ tag }) => tag === 'img' || tag === 'amp-img');
  const isShown = lazyAddresses(image?.attribs ?? {}).some((address) => !isEmpty(address));
  const sources = inside
    .filter(({ tag }) => tag === 'source')
    .flatMap(({ attribs }) => fromSet(attribs['data-srcset']) ?? []);
  const [source] = sources;
  if (isShown || source === undefined) return found.children.filter((child) => child !== image || isShown);
  return [element('img', { ...image?.attribs, src: source }, [])];
}

function replaced(found: HtmlElement, context: Context): HtmlNode[] | undefined {
  const { tag, attribs, children } = found;
  if (shownBy[tag] !== undefined) {
    const shown = shownBy[tag](found, context);
    return shown === undefined ? [] : linksTo(shown, context);
  }
  if (tag === 'math') return formulaOf(found);
  if (tag === 'picture') return imageOf(found);
  if (tag === 'amp-img' || tag === 'amp-anim') {
    const inside = elementsIn(children).find((child) => child.tag === 'img');
    return [element('img', { ...inside?.attribs, ...attribs }, [])];
  }
  const names = classNamesOf(found);
  if (names.includes('rll-youtube-player')) {
    const shown = knownEmbed(attribs['data-src'] ?? `https://youtu.be/${attribs['data-id'] ?? ''}`);
    return shown === undefined ? undefined : linksTo(shown, context);
  }
  // WordPress leaves the bare address where it could not ask the service.
  if (names.includes('wp-block-embed__wrapper')) {
    const address = textIn(children).trim();
    const shown = /^https:\/\/\S+$/.test(address) ? knownEmbed(address) : undefined;
    return shown === undefined ? undefined : linksTo(shown, context);
  }
  return undefined;
}

/** True if the paragraph has nothing but embeds. */
const isAround = ({ tag, children }: HtmlElement): boolean =>
  tag === 'p' &&
  children.every((child) =>
    typeof child === 'string' ? child.trim() === '' : shownBy[child.tag] || child.tag === 'br',
  );

function replaceIn(nodes: readonly HtmlNode[], context: Context): HtmlNode[] {
  return nodes.flatMap((node) => {
    if (typeof node === 'string') return [node];
    const made = replaced(node, context);
    // A picture may contain an AMP image.
    if (made !== undefined) return node.tag === 'picture' ? replaceIn(made, context) : made;
    if (isAround(node) && !context.inline) {
      const inside = node.children.filter((child) => typeof child === 'object' && child.tag !== 'br');
      if (inside.length > 0) return replaceIn(inside, context);
    }
    const children = replaceIn(node.children, {
      base: context.base,
      inline: context.inline || inlineOnly.has(node.tag),
      linked: context.linked || (node.tag === 'a' && node.attribs['href'] !== undefined),
    });
    return [{ ...node, children }];
  });
}

/** `html` with links in the place of embeds. Other HTML stays as it is. */
export function withMediaLinks(html: string, base: string | undefined): string {
  if (!trigger.test(html)) return html;
  const tree = readTree(html.replaceAll(selfClosed, '<$1$2></$1>'));
  return writeTree(replaceIn(tree, { base, inline: false, linked: false }));
}
