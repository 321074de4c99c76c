// A player, or a file to listen to or watch, as a link in a post's stored HTML. The stored link is in no
// language: "▶ youtube.com". Whoever shows it puts words in a reader's language in its place. Pure.
import type { IncomingMedia } from './incoming.js';
import { type EmbedKind, knownEmbed } from './embed-hosts.js';
import { safeUrl } from './safe-url.js';
import { escapeHtml, unescapeHtml } from '../text/escape-html.js';
import { hostOf } from '../text/words.js';

/** The attributes of a link that is made here. The names are ours, so no publisher's link has them. */
export const mediaAttribute = 'data-digest-media';
export const secondsAttribute = 'data-digest-seconds';

/** `file`: the address is a sound or a film itself, so the site where it lies says nothing to a reader. */
export interface Media {
  kind: EmbedKind;
  file: boolean;
  url: string;
  seconds?: number;
}

const kinds = ['video', 'audio', 'page', 'video-file', 'audio-file'] as const;
export const isMediaKind = (text: string | undefined): boolean => kinds.some((kind) => kind === text);

const playerHost =
  /^(?:www|w|m|player|play|playlist|embed|widget|share|html5-player|fast|open|geo|listen)\.(?=[^.]+\.)/;

/** The site as a reader knows it: "soundcloud.com" of its player's address. */
export const siteOf = (url: string): string => (hostOf(url) ?? '').replace(playerHost, '');

/** A whole day at most: more is a mistake, such as milliseconds. */
const secondsAtMost = 86_400;

export const isDuration = (seconds: number | undefined): seconds is number =>
  seconds !== undefined && Number.isFinite(seconds) && seconds >= 1 && seconds <= secondsAtMost;

/** The attributes of the link, in the order in which the sanitiser writes them. */
export function linkAttributes({ kind, file, url, seconds }: Media): Record<string, string> {
  return {
    href: url,
    [mediaAttribute]: file ? `${kind}-file` : kind,
    ...(isDuration(seconds) ? { [secondsAttribute]: String(Math.round(seconds)) } : {}),
  };
}

/** The link's text in no language. */
export const neutralWords = ({ kind, url }: Media): string => `${kind === 'page' ? '' : '▶ '}${siteOf(url)}`;

const linkHtml = (media: Media): string => {
  const attributes = Object.entries(linkAttributes(media)).map(
    ([name, value]) => `${name}="${escapeHtml(value)}"`,
  );
  return `<a ${attributes.join(' ')}>${escapeHtml(neutralWords(media))}</a>`;
};

const fileNames: Record<'audio' | 'video', RegExp> = {
  audio: /\.(?:mp3|m4a|m4b|aac|oga|ogg|opus|wav|flac)$/i,
  video: /\.(?:mp4|m4v|webm|mov|ogv|mkv)$/i,
};

/** What a feed gives beside a post's text to listen to or watch; undefined if it is none, or unsafe. */
export function mediaOf(given: IncomingMedia | undefined, base: string | undefined): Media | undefined {
  const url = safeUrl(given?.url, base);
  if (given === undefined || url === undefined) return undefined;
  const seconds = isDuration(given.seconds) ? { seconds: given.seconds } : {};
  const type = given.type?.trim().toLowerCase() ?? '';
  const path = url.replace(/[?#].*$/s, '');
  for (const kind of ['audio', 'video'] as const)
    if (type.startsWith(`${kind}/`) || (!/^(?:audio|video|image)\//.test(type) && fileNames[kind].test(path)))
      return { kind, file: true, url, ...seconds };
  const known = knownEmbed(url);
  return known === undefined || known.kind === 'page'
    ? undefined
    : { kind: known.kind, file: false, url: known.url, ...seconds };
}

const mediaLink = new RegExp(
  `<a href="([^"]*)" ${mediaAttribute}="(video|audio|page)(-file)?"(?: ${secondsAttribute}="(\\d{1,5})")?>([^<>]*)</a>`,
  'g',
);

function readLink(match: readonly (string | undefined)[]): Media | undefined {
  const [, href = '', kind = '', file, seconds, words = ''] = match;
  const media: Media = {
    kind: kind as EmbedKind,
    file: file !== undefined,
    url: unescapeHtml(href),
    ...(seconds === undefined ? {} : { seconds: Number(seconds) }),
  };
  // Words that differ are the publisher's: they stay.
  return unescapeHtml(words) === neutralWords(media) ? media : undefined;
}

const mediaIn = (html: string): Media[] =>
  html.includes(mediaAttribute)
    ? [...html.matchAll(mediaLink)].flatMap((match) => readLink(match) ?? [])
    : [];

/** Stored HTML with `media` as its beginning, or with its length where it stands in the text already. */
export function withMedia(html: string, media: Media): string {
  const same = mediaIn(html).find(({ url }) => url === media.url);
  if (same === undefined) return `<p>${linkHtml(media)}</p>${html}`;
  if (same.seconds !== undefined || media.seconds === undefined) return html;
  return html.replace(linkHtml(same), () => linkHtml({ ...same, seconds: media.seconds ?? 0 }));
}

/**
 * The first thing to listen to or watch, if the post begins with it or has no words besides. An excerpt of such a
 * post shows it too.
 */
export function leadingMedia(html: string, hasWords: boolean): Media | undefined {
  const first = mediaIn(html).find(({ kind }) => kind !== 'page' || !hasWords);
  if (first === undefined || !hasWords) return first;
  const before = html.slice(0, html.indexOf(linkHtml(first)));
  return before.replaceAll(/<[^<>]*>/g, '').trim() === '' ? first : undefined;
}

/** Stored HTML with the words of `say` in its media links. */
export function sayMedia(html: string, say: (media: Media) => string): string {
  if (!html.includes(mediaAttribute)) return html;
  return html.replaceAll(mediaLink, (...parts: string[]) => {
    const media = readLink(parts.slice(0, 6));
    return media === undefined
      ? (parts[0] ?? '')
      : `<a href="${escapeHtml(media.url)}">${escapeHtml(say(media))}</a>`;
  });
}
