// What a site's front page says about the site: its name, language, colour and logos. Pure.
//
// 1. Name: og:site_name, the name as an application, or the title without its slogan.
// 2. Language: the lang attribute, or og:locale.
// 3. Colour: theme-color for light screens, or the accent colour of Ghost. White and greys are no brand.
// 4. Logos, the likeliest first: named in JSON-LD or og:logo, shown as a logo on the page, then icons.
import { canonicalTag, isKnownLanguage } from '../languages/language.js';
import { safeUrl } from '../posts/safe-url.js';
import { oneLine } from '../text/clean-text.js';
import { attributeOf, tagsNamed, textOfMarkup, withoutScripts } from './page-tags.js';

export interface SiteLogo {
  url: string;
  /** True: a square icon for browsers, which does not show the name. */
  isIcon: boolean;
}

export interface SiteHead {
  name?: string;
  language?: string;
  /** #rrggbb */
  colour?: string;
  /** At most six. */
  logos: SiteLogo[];
}

/** Larger pages keep all this in their first part. */
const charactersRead = 400_000;
const logosAtMost = 6;

export function readSiteHead(page: string, url: string): SiteHead {
  const html = page.slice(0, charactersRead);
  const text = withoutScripts(html);
  const metas = tagsNamed(text, 'meta').map((tag) => ({
    name: (attributeOf(tag, 'property') ?? attributeOf(tag, 'name') ?? '').toLowerCase(),
    media: attributeOf(tag, 'media') ?? '',
    content: oneLine(attributeOf(tag, 'content') ?? ''),
  }));
  const meta = (name: string): string | undefined =>
    metas.find((one) => one.name === name && one.content !== '')?.content;
  const name = meta('og:site_name') ?? meta('application-name') ?? nameInTitle(text);
  const language = languageOfPage(text, meta('og:locale'));
  const colour = colourOfPage(html, metas);
  return {
    ...(name === undefined ? {} : { name }),
    ...(language === undefined ? {} : { language }),
    ...(colour === undefined ? {} : { colour }),
    logos: logosOf(html, text, url, meta('og:logo')),
  };
}

/** "The Harbour Post" of "The Harbour Post – News from the quay", and of "Home | The Harbour Post". */
function nameInTitle(text: string): string | undefined {
  const title = oneLine(textOfMarkup(/<title[^<>]{0,200}>([^<]{1,500})<\/title/i.exec(text)?.[1] ?? ''));
  const parts = title.split(/\s+[-–—|·•»:]\s+|:\s+/).filter((part) => part !== '');
  const name = parts.find(
    (part) => !/^(?:home|homepage|home page|start|startseite|accueil|inicio)$/i.test(part),
  );
  return name ?? parts[0];
}

function languageOfPage(text: string, locale: string | undefined): string | undefined {
  const tags = [attributeOf(tagsNamed(text, 'html')[0] ?? '', 'lang'), locale?.replace('_', '-')];
  return tags
    .map((tag) => canonicalTag(tag?.trim() ?? ''))
    .find((tag) => tag !== undefined && isKnownLanguage(tag));
}

interface Meta {
  name: string;
  media: string;
  content: string;
}

function colourOfPage(html: string, metas: readonly Meta[]): string | undefined {
  const themes = metas.filter(({ name }) => name === 'theme-color');
  const light = themes.toSorted((a, b) => Number(/dark/.test(a.media)) - Number(/dark/.test(b.media)));
  const tile = metas.filter(({ name }) => name === 'msapplication-tilecolor');
  const accent = /--ghost-accent-color:\s*(#[\da-f]{3,8})/i.exec(html)?.[1];
  return [...light.map(({ content }) => content), accent ?? '', ...tile.map(({ content }) => content)]
    .map(readColour)
    .find((colour) => colour !== undefined && isBrand(colour));
}

const hex = (value: number): string => Math.min(255, value).toString(16).padStart(2, '0');

/** #rrggbb of a colour in CSS, as hexadecimal digits or rgb(); undefined for all others. */
export function readColour(css: string): string | undefined {
  const text = css.trim().toLowerCase();
  const [, short] = /^#([\da-f]{3})[\da-f]?$/.exec(text) ?? [];
  if (short !== undefined) return `#${short.replaceAll(/./g, '$&$&')}`;
  const [, long] = /^#([\da-f]{6})(?:[\da-f]{2})?$/.exec(text) ?? [];
  if (long !== undefined) return `#${long}`;
  const [, ...parts] = /^rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})/.exec(text) ?? [];
  return parts.length === 3 ? `#${parts.map((part) => hex(Number(part))).join('')}` : undefined;
}

/** False for white, black and the greys between, which most sites name without having chosen them. */
function isBrand(colour: string): boolean {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return Math.max(...parts) - Math.min(...parts) > 24;
}

function logosOf(html: string, text: string, url: string, named: string | undefined): SiteLogo[] {
  const base = safeUrl(attributeOf(tagsNamed(text, 'base')[0] ?? '', 'href'), url) ?? url;
  const shown = tagsNamed(text, 'img')
    .filter((tag) =>
      /logo|wordmark|brand/i.test(
        ['class', 'id', 'alt', 'src'].map((name) => attributeOf(tag, name) ?? '').join(' '),
      ),
    )
    .map((tag) => attributeOf(tag, 'data-src') ?? attributeOf(tag, 'src'));
  const logos = [...logosInData(html), named, ...shown].map((address) => ({ address, isIcon: false }));
  const icons = iconsOf(text).map((address) => ({ address, isIcon: true }));
  const found = new Map<string, SiteLogo>();
  for (const { address, isIcon } of [...logos, ...icons]) {
    const absolute = safeUrl(address, base);
    // Gmail shows no SVG, and nothing here measures an ICO file.
    if (absolute === undefined || /\.(?:svgz?|ico)(?:\?|$)/i.test(absolute)) continue;
    if (!found.has(absolute) && found.size < logosAtMost) found.set(absolute, { url: absolute, isIcon });
  }
  return [...found.values()];
}

const dataAtMost = 10;

/** The logos of organisations in JSON-LD (schema.org): "logo": "…" and "logo": {"url": "…"}. */
function logosInData(html: string): string[] {
  const starts = [...html.matchAll(/<script[^<>]{0,200}application\/ld\+json[^<>]{0,200}>/gi)];
  return starts.slice(0, dataAtMost).flatMap((start) => {
    const begin = start.index + start[0].length;
    const end = html.indexOf('</script', begin);
    try {
      return logosInValue(JSON.parse(html.slice(begin, end < 0 ? begin : end)), 0);
    } catch {
      return [];
    }
  });
}

function logosInValue(value: unknown, depth: number): string[] {
  if (typeof value !== 'object' || value === null || depth > 6) return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    if (name !== 'logo') return logosInValue(inner, depth + 1);
    if (typeof inner === 'string') return [inner];
    const { url, contentUrl } = (inner ?? {}) as Record<string, unknown>;
    return [url, contentUrl].filter((one) => typeof one === 'string');
  });
}

/** Icons of browsers, the largest first. */
function iconsOf(text: string): (string | undefined)[] {
  const sizeOf = (tag: string): number =>
    Number(/^(\d{1,4})x/i.exec(attributeOf(tag, 'sizes') ?? '')?.[1] ?? (/apple/i.test(tag) ? 180 : 0));
  return tagsNamed(text, 'link')
    .filter((tag) =>
      /(?:^|\s)(?:icon|apple-touch-icon(?:-precomposed)?)(?:\s|$)/i.test(attributeOf(tag, 'rel') ?? ''),
    )
    .toSorted((a, b) => sizeOf(b) - sizeOf(a))
    .map((tag) => attributeOf(tag, 'href'));
}
