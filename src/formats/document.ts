// A feed's document before sanitising, in one shape for all formats. Pure.
import type { IncomingPost } from '../posts/incoming.js';
import { safeUrl } from '../posts/safe-url.js';
import { parseUrl } from '../parse-url.js';

export const feedKinds = ['rss', 'atom', 'rdf', 'json', 'wordpress'] as const;
export type FeedKind = (typeof feedKinds)[number];

export interface FeedDocument {
  kind: FeedKind;
  title?: string;
  items: FeedItem[];
  /** The address of the site that the feed belongs to. */
  home?: string;
  /** The WebSub hub that announces new posts. `self` is the address under which the hub knows the feed. */
  hub?: string;
  self?: string;
  /** Entries that the feed says are deleted (RFC 6721). */
  deleted?: Tombstone[];
}

export interface Tombstone {
  guid: string;
  /** The time of the deletion; undefined if the feed does not say. */
  at?: Date;
}

export interface FeedItem {
  post: IncomingPost;
  /** The address against which the item's relative addresses resolve. */
  base: string;
  /** WordPress's number of the post. Later posts have higher numbers. */
  number?: number;
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** `object` without its undefined members, as exactOptionalPropertyTypes requires. */
export function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** The base address that results from nested xml:base attributes. */
export function resolveBase(base: string, ...relative: (string | undefined)[]): string {
  let resolved = base;
  for (const part of relative) if (part !== undefined) resolved = parseUrl(part, resolved)?.href ?? resolved;
  return resolved;
}

/** The hub and the feed's own address, from the feed's links (WebSub section 4). */
export function hubOf(
  links: readonly { rel?: string; href?: string }[] | undefined,
  base: string,
): { hub: string | undefined; self: string | undefined } {
  const find = (rel: string): string | undefined =>
    safeUrl(links?.find((link) => link.rel?.toLowerCase() === rel)?.href, base);
  return { hub: find('hub'), self: find('self') };
}

// A handle of the fediverse (@ann@site.example) is no mail address.
const mailAddress = /[<(]?\s*(?<![\w@.-])(?:mailto:)?[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+\s*[>)]?/gi;

/** The name without a mail address beside it: "ann@site.example (Ann)" becomes "Ann". */
function withoutAddress(name: string): string {
  // feedsmith's own reading of "mailto:ann@site.example".
  if (/^\s*mailto:?\s*$/i.test(name)) return '';
  const rest = name.replaceAll(mailAddress, ' ');
  return rest === name ? name : rest.replaceAll(/^[\s,;<("]+|[\s,;>)"]+$/g, '');
}

/** The distinct names, joined with commas; mail addresses are no names. Undefined if there are none. */
export function joinNames(names: readonly (string | undefined)[]): string | undefined {
  const unique = new Set(
    names.map((name) => withoutAddress(name ?? '').trim()).filter((name) => name !== ''),
  );
  return unique.size === 0 ? undefined : [...unique].join(', ');
}
