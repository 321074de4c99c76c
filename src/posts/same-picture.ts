// Decides whether two addresses show one picture, in whatever size and through whatever service. Pure.
//
// 1. A service that resizes has the picture's own address inside its own: that one counts.
// 2. Parts of the address that only give a size or a format are dropped.
// 3. Two addresses whose file names agree show one picture, as sites and their services keep the name. A name
//    that any picture may have ("image.jpg", "3.png") counts only with the folders around it.
import { parseUrl } from '../parse-url.js';

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Parameters in which services carry the picture's address. Origin: Next.js, weserv, Vercel, Yahoo, TYPO3. */
const carriers = ['url', 'src', 'image', 'img', 'u'];

const isFile = (path: string): boolean => /\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?|heic|jfif)$/i.test(path);

/** The picture's own address inside that of a service, or the address itself. */
function unwrapped(address: string, depth = 0): URL | undefined {
  const url = parseUrl(address);
  if (url === undefined || depth > 3) return url;
  const inner = (text: string, base?: URL): URL | undefined => {
    const found = parseUrl(text, base);
    return found === undefined || found.href === url.href ? undefined : unwrapped(found.href, depth + 1);
  };
  // Jetpack's Photon: i0.wp.com/HOST/PATH
  if (/^i\d\.wp\.com$/.test(url.hostname)) return inner(`https:/${url.pathname}`) ?? url;
  // An address as a whole in the path, decoded or not. "https:/" lost a slash in some services.
  const whole = /.\/(?=https?(?::|%3a)(?:\/|%2f){1,2})(.+)$/i.exec(url.pathname)?.[1];
  if (whole !== undefined) return inner(decoded(whole).replace(/^(https?:)\/+/i, '$1//')) ?? url;
  // Cloudflare: /cdn-cgi/image/OPTIONS/PATH
  const behind = /^\/cdn-cgi\/image\/[^/]+(\/.+)$/.exec(url.pathname)?.[1];
  if (behind !== undefined) return inner(behind, url) ?? url;
  if (isFile(url.pathname)) return url;
  for (const name of carriers) {
    const carried = url.searchParams.get(name);
    // A relative address is meant for the same site: /_next/image?url=%2Fcat.jpg
    if (carried !== null && /^(?:https?:)?\//.test(carried)) return inner(carried, url) ?? url;
    if (carried !== null && /^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\/./i.test(carried))
      return inner(`https://${carried}`) ?? url;
  }
  return url;
}

/** A part of a path that gives a size, a crop or a quality and nothing else. Origin: the services named. */
const sizePart = new RegExp(
  `^(?:${[
    'sz?\\d{1,4}(?:-[a-z0-9-]{1,20})?', // Blogger: s1600, s72-c
    '[wh]\\d{1,4}(?:-[whpscknodu]+\\d{0,4}){0,5}', // Blogger and Google: w400-h300-c
    '\\d{2,5}x\\d{2,5}', // Tumblr and many others
    'w\\d{1,4}',
    'size|format|resize|fit|fill|crop|max|thumbs?|scaled|v\\d', // Ghost: /size/w600/
    '(?:resize|fit|fill|max|format|q|w|h|c|quality|width|height|crop|f|fl|g|ar|dpr)[:_=][^/]*', // Cloudinary, Medium, Wix
  ].join('|')})$`,
  'i',
);

/** The ends of names that give a size. */
const sizeEnd = [
  /@\dx$/, // Retina
  /[-_.]\d{2,5}x\d{2,5}(?:_[a-z]+)*$/i, // WordPress, Shopify
  /[-_]\d{2,5}(?:w|px|h)$/i,
  /_\d{2,5}x$/, // Shopify
  /-(?:scaled|rotated)$/, // WordPress
  /-e\d{10,13}$/, // WordPress, edited
  /[-_](?:thumb(?:nail)?|small|medium|large|full|original|preview|lo?res|hi?res)$/i,
];

/** Parameters that give no picture but a form of it. */
const formParameters =
  /^(?:w|h|width|height|size|s|fit|crop|resize|q|quality|auto|fm|format|dpr|ssl|strip|scale|zoom|rect|v|ver|version|sig|signature|s3|token|x-.*|utm_.*|type|name|fl|cs|bg|blur|sharp|max-[wh]|im|imwidth)$/i;

interface Picture {
  name: string;
  folders: string[];
}

function read(address: string): Picture | undefined {
  const url = unwrapped(address);
  if (url === undefined) return undefined;
  // YouTube has several hosts and sizes: /vi/ID/hqdefault.jpg, /vi_webp/ID/maxresdefault.webp
  const video = /^\/(?:vi|vi_webp|an_webp)\/([\w-]{6,20})\//.exec(url.pathname)?.[1];
  if (video !== undefined && /(?:^|\.)(?:ytimg|youtube)\.com$/.test(url.hostname))
    return { name: `youtube video ${video}`, folders: [] };
  const all = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
  // Wix and Wikimedia: the file's name stands as a folder before sizes and a name made from it.
  const own = all.findIndex((part, index) => isFile(part) && index < all.length - 1);
  const parts = own < 0 ? all : all.slice(0, own + 1);
  const last = parts.at(-1) ?? '';
  const folders = parts.slice(0, -1).filter((part) => !sizePart.test(part));
  let name = last.replace(/^\d{2,5}px-/, '');
  while (isFile(name)) name = name.replace(/\.\w+$/, '');
  if (/(?:^|\.)(?:staticflickr|flickr)\.com$/.test(url.hostname)) name = name.replace(/_[a-z0-9]$/, '');
  for (let before = ''; before !== name;) {
    before = name;
    for (const end of sizeEnd) name = name.replace(end, '') || name;
  }
  // A script that answers with pictures tells them apart by its parameters.
  const query = isFile(last)
    ? ''
    : [...url.searchParams]
        .filter(([parameter]) => !formParameters.test(parameter))
        .map((pair) => pair.join('='))
        .join('&');
  return { name: `${name}${query === '' ? '' : `?${query}`}`.toLowerCase(), folders };
}

/** Names that any picture may have. */
const commonName =
  /^(?:[\d_.-]{0,6}|(?:img|dsc|dscn|dscf|image|photo|picture|pic|foto|bild|file|screenshot|untitled|unnamed)?[-_ ]?\d{0,5}|cover|header|hero|featured|feature|banner|main|index|default|poster|thumb(?:nail)?|teaser|og|social|share|lead|opener|top|download|attachment|[a-z]{1,2})$/i;

const monthFolders = (folders: readonly string[]): string =>
  /(?:^|\/)((?:19|20)\d\d\/[01]\d(?:\/[0-3]\d)?)(?:\/|$)/.exec(folders.join('/'))?.[1] ?? '';

/** True if both addresses show one picture, as far as their words tell. */
export function isSamePicture(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [read(one), read(other)];
  if (a === undefined || b === undefined || a.name !== b.name) return false;
  if (commonName.test(a.name)) return a.folders.join('/') === b.folders.join('/');
  // WordPress puts pictures of each month in a folder, where a name may return.
  const [month, otherMonth] = [monthFolders(a.folders), monthFolders(b.folders)];
  return month === '' || otherMonth === '' || month === otherMonth;
}
