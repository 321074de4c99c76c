// Players and frames that posts embed, and the pages behind them. Origin: the embed codes of each service, as of
// 2026, and the providers of https://oembed.com. Pure.
import { parseUrl } from '../parse-url.js';
import { safeUrl } from './safe-url.js';

export type EmbedKind = 'video' | 'audio' | 'page';

export interface Embed {
  kind: EmbedKind;
  /** The page that shows or plays it. */
  url: string;
  /** A still of a video. */
  still?: string;
}

interface EmbedHost {
  kind: EmbedKind;
  /** Matches the address without its protocol and "www.". */
  at: RegExp;
  /** The page's address without its protocol, with the groups of `at`. Absent: the embedded address. */
  page?: string;
  still?: string;
}

const youtube = { page: 'www.youtube.com/watch?v=$1', still: 'i.ytimg.com/vi/$1/hqdefault.jpg' };

const hosts: readonly EmbedHost[] = [
  {
    kind: 'video',
    at: /^(?:m\.|music\.)?youtube(?:-nocookie)?\.com\/(?:embed\/)?(?:videoseries|playlist)\?(?:.*&)?list=([\w-]+).*$/,
    page: 'www.youtube.com/playlist?list=$1',
  },
  {
    kind: 'video',
    at: /^(?:m\.|music\.)?youtube(?:-nocookie)?\.com\/(?:embed|v|e|shorts|live)\/([\w-]{6,20})(?![\w-]).*$/,
    ...youtube,
  },
  {
    kind: 'video',
    at: /^(?:m\.|music\.)?youtube(?:-nocookie)?\.com\/watch\/?\?(?:.*&)?v=([\w-]{6,20})(?![\w-]).*$/,
    ...youtube,
  },
  { kind: 'video', at: /^youtu\.be\/([\w-]{6,20})(?![\w-]).*$/, ...youtube },
  {
    kind: 'video',
    at: /^player\.vimeo\.com\/video\/(\d+)\?(?:.*&)?h=([\da-f]+).*$/,
    page: 'vimeo.com/$1/$2',
  },
  { kind: 'video', at: /^player\.vimeo\.com\/video\/(\d+).*$/, page: 'vimeo.com/$1' },
  { kind: 'video', at: /^vimeo\.com\/(\d+).*$/, page: 'vimeo.com/$1' },
  {
    kind: 'video',
    at: /^(?:geo\.)?dailymotion\.com\/(?:embed\/)?(?:video\/|player(?:\/\w+)?\.html\?(?:.*&)?video=)([a-z\d]+).*$/i,
    page: 'www.dailymotion.com/video/$1',
    still: 'www.dailymotion.com/thumbnail/video/$1',
  },
  { kind: 'video', at: /^player\.twitch\.tv\/\?(?:.*&)?video=v?(\d+).*$/, page: 'www.twitch.tv/videos/$1' },
  { kind: 'video', at: /^player\.twitch\.tv\/\?(?:.*&)?channel=(\w+).*$/, page: 'www.twitch.tv/$1' },
  { kind: 'video', at: /^clips\.twitch\.tv\/embed\?(?:.*&)?clip=([\w-]+).*$/, page: 'clips.twitch.tv/$1' },
  { kind: 'video', at: /^embed\.ted\.com\/(talks\/[\w/-]+).*$/, page: 'www.ted.com/$1' },
  {
    kind: 'video',
    at: /^videopress\.com\/(?:embed|v)\/(\w+).*$/,
    page: 'videopress.com/v/$1',
  },
  { kind: 'video', at: /^video\.wordpress\.com\/embed\/(\w+).*$/, page: 'videopress.com/v/$1' },
  { kind: 'video', at: /^streamable\.com\/(?:[eso]\/)?(\w+).*$/, page: 'streamable.com/$1' },
  { kind: 'video', at: /^loom\.com\/(?:embed|share)\/(\w+).*$/, page: 'www.loom.com/share/$1' },
  { kind: 'video', at: /^fast\.wistia\.(?:net|com)\/embed\/.*$/ },
  { kind: 'video', at: /^players\.brightcove\.net\/.*$/ },
  { kind: 'video', at: /^(?:cdn|content)\.jwplayer\.com\/players\/.*$/ },
  { kind: 'video', at: /^rumble\.com\/embed\/.*$/ },
  { kind: 'video', at: /^odysee\.com\/\$\/embed\/([^?]+).*$/, page: 'odysee.com/$1' },
  { kind: 'video', at: /^rutube\.ru\/play\/embed\/(\w+).*$/, page: 'rutube.ru/video/$1/' },
  { kind: 'video', at: /^(?:vk\.com|vkvideo\.ru)\/video_ext\.php.*$/ },
  {
    kind: 'video',
    at: /^player\.bilibili\.com\/player\.html\?(?:.*&)?bvid=(\w+).*$/,
    page: 'www.bilibili.com/video/$1',
  },
  { kind: 'video', at: /^embed\.nicovideo\.jp\/watch\/(\w+).*$/, page: 'www.nicovideo.jp/watch/$1' },
  { kind: 'video', at: /^tiktok\.com\/(?:embed|player)\/.*$/ },
  {
    kind: 'video',
    at: /^([^/?]+)\/videos\/embed\/([\w-]{8,40}).*$/,
    // PeerTube, on any host.
    page: '$1/videos/watch/$2',
  },
  {
    kind: 'audio',
    at: /^open\.spotify\.com\/embed(?:-podcast)?\/((?:episode|show|track|album|playlist|artist)\/\w+).*$/,
    page: 'open.spotify.com/$1',
  },
  {
    kind: 'audio',
    at: /^embed\.((?:podcasts|music)\.apple\.com\/.*)$/,
    page: '$1',
  },
  { kind: 'audio', at: /^embed\.acast\.com\/(.*)$/, page: 'play.acast.com/s/$1' },
  { kind: 'audio', at: /^share\.transistor\.fm\/e\/(\w+).*$/, page: 'share.transistor.fm/s/$1' },
  {
    kind: 'audio',
    at: /^anchor\.fm\/([\w-]+)\/embed\/(episodes\/[^?]+).*$/,
    page: 'anchor.fm/$1/$2',
  },
  {
    kind: 'audio',
    at: /^(?:(?:w\.)?soundcloud\.com|bandcamp\.com\/EmbeddedPlayer|(?:html5-)?(?:player|play|playlist|widget|embed|share)\.(?:libsyn|simplecast|megaphone|spreaker|captivate|podigee|transistor|podbean|fireside|audioboom|ausha|redcircle)\.(?:com|fm|co|io))(?:[/?].*)?$/i,
  },
  { kind: 'audio', at: /^(?:buzzsprout\.com|podbean\.com\/(?:player|media)|omny\.fm|art19\.com)[/?].*$/ },
  { kind: 'audio', at: /^(?:mixcloud\.com\/widget|audioboom\.com\/boos|embed\.music\.|ivoox\.com).*$/ },
  { kind: 'page', at: /^archive\.org\/embed\/([^/?]+).*$/, page: 'archive.org/details/$1' },
  { kind: 'page', at: /^platform\.twitter\.com\/embed\/.*[?&]id=(\d+).*$/i, page: 'x.com/i/status/$1' },
  { kind: 'page', at: /^instagram\.com\/(p|reel)\/([\w-]+)\/embed.*$/, page: 'www.instagram.com/$1/$2/' },
  { kind: 'page', at: /^codepen\.io\/([\w-]+)\/embed\/(?:preview\/)?(\w+).*$/, page: 'codepen.io/$1/pen/$2' },
  { kind: 'page', at: /^giphy\.com\/embed\/(\w+).*$/, page: 'giphy.com/gifs/$1' },
  {
    kind: 'page',
    at: /^flo\.uri\.sh\/(visualisation|story)\/(\d+)\/embed.*$/,
    page: 'public.flourish.studio/$1/$2/',
  },
];

/** Players that carry the address of the page in a parameter. */
const carriers: readonly { kind: EmbedKind; at: RegExp; parameters: readonly string[] }[] = [
  { kind: 'page', at: /^cdn\.embedly\.com\/widgets\/media\.html/, parameters: ['src', 'url'] },
  { kind: 'audio', at: /^(?:w\.)?soundcloud\.com\/player/, parameters: ['url'] },
  { kind: 'video', at: /^facebook\.com\/(?:v[\d.]+\/)?plugins\/video\.php/, parameters: ['href'] },
  { kind: 'page', at: /^facebook\.com\/(?:v[\d.]+\/)?plugins\/post\.php/, parameters: ['href'] },
  { kind: 'audio', at: /^mixcloud\.com\/widget\/iframe/, parameters: ['feed'] },
];

// Frames that a reader never looks at: counters, advertisements, forms for subscribing, buttons for sharing.
const ignored =
  /^(?:[^/]*\.)?(?:googletagmanager\.com|doubleclick\.net|googlesyndication\.com|googleadservices\.com|adnxs\.com|amazon-adsystem\.com|criteo\.(?:com|net)|taboola\.com|outbrain\.com|quantserve\.com|scorecardresearch\.com|hotjar\.com|disqus\.com|addthis\.com|sharethis\.com)(?:[/?]|$)|^(?:facebook\.com\/(?:tr|(?:v[\d.]+\/)?plugins\/(?:like|page|share_button|likebox|follow|comments))|platform\.twitter\.com\/widgets\/|apis\.google\.com\/|google\.com\/recaptcha|[^/]+\/recaptcha\/|[^/]+\.substack\.com\/embed|substack\.com\/embed|embeds\.beehiiv\.com|[^/]*\.list-manage\.com|ghbtns\.com|buttons\.github\.io|widgets\.wp\.com|[^/]+\.ck\.page)/i;

const bare = ({ host, pathname, search }: URL): string => `${host.replace(/^www\./, '')}${pathname}${search}`;

/** The page behind an embedded address, if its service is known. */
export function knownEmbed(address: string | undefined, base?: string, depth = 0): Embed | undefined {
  const url = parseUrl(safeUrl(address, base) ?? '');
  if (url === undefined) return undefined;
  const text = bare(url);
  const carrier = depth > 1 ? undefined : carriers.find(({ at }) => at.test(text));
  const host = hosts.find(({ at }) => at.test(text));
  for (const name of carrier?.parameters ?? []) {
    const inside = safeUrl(url.searchParams.get(name) ?? undefined, `https://${url.host}/`);
    // The API of SoundCloud answers no browser.
    if (inside === undefined || /^https?:\/\/api\./.test(inside)) continue;
    return knownEmbed(inside, undefined, depth + 1) ?? { kind: carrier?.kind ?? 'page', url: inside };
  }
  if (host === undefined) return undefined;
  const filled = (template: string): string =>
    `https://${text.replace(host.at, template)}`.replace(/\?$/, '');
  const page = safeUrl(
    host.page === undefined ? `https://${url.host}${url.pathname}${url.search}` : filled(host.page),
  );
  const still = host.still === undefined ? undefined : safeUrl(filled(host.still));
  if (page === undefined) return undefined;
  return { kind: host.kind, url: page, ...(still === undefined ? {} : { still }) };
}

/**
 * What a frame shows: a known player, or any other page with an https address. Undefined: nothing that a reader
 * would miss, or no safe address.
 */
export function embedOf(address: string | undefined, base?: string): Embed | undefined {
  const url = parseUrl(safeUrl(address, base) ?? '');
  if (url === undefined || ignored.test(bare(url))) return undefined;
  const known = knownEmbed(url.href);
  if (known !== undefined) return ignored.test(bare(new URL(known.url))) ? undefined : known;
  return url.protocol === 'https:' ? { kind: 'page', url: url.href } : undefined;
}
