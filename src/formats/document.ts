// What a feed's document is before anything is sanitised: the same for all formats. Pure.
import type { IncomingPost } from '../posts/incoming.js';
import { safeUrl } from '../posts/safe-url.js';
import { parseUrl } from '../parse-url.js';

export const feedKinds = ['rss', 'atom', 'rdf', 'json', 'wordpress'] as const;
export type FeedKind = (typeof feedKinds)[number];

export interface FeedDocument {
  kind: FeedKind;
  title?: string;
  items: FeedItem[];
  /** The hub that tells of news (WebSub), and what it knows the feed as. */
  hub?: string;
  self?: string;
  /** Entries that the feed says are deleted (RFC 6721). */
  deleted?: Tombstone[];
}

export interface Tombstone {
  guid: string;
  /** When; undefined if it does not say. */
  at?: Date;
}

export interface FeedItem {
  post: IncomingPost;
  /** What the item's relative addresses are relative to. */
  base: string;
  /** WordPress's number of the post: the later it was created, the higher. */
  number?: number;
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** `object` without its undefined members, as exactOptionalPropertyTypes wants it. */
export function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** The base address that nested xml:base attributes add up to. */
export function resolveBase(base: string, ...relative: (string | undefined)[]): string {
  let resolved = base;
  for (const part of relative) if (part !== undefined) resolved = parseUrl(part, resolved)?.href ?? resolved;
  return resolved;
}

/** The hub and the own address among a feed's links (WebSub section 4). */
export function hubOf(
  links: readonly { rel?: string; href?: string }[] | undefined,
  base: string,
): { hub: string | undefined; self: string | undefined } {
  const find = (rel: string): string | undefined =>
    safeUrl(links?.find((link) => link.rel?.toLowerCase() === rel)?.href, base);
  return { hub: find('hub'), self: find('self') };
}

/** Several names in one line. */
export function joinNames(names: readonly (string | undefined)[]): string | undefined {
  const unique = new Set(
    names.map((name) => name?.trim()).filter((name) => name !== undefined && name !== ''),
  );
  return unique.size === 0 ? undefined : [...unique].join(', ');
}
