// What a feed's document is before anything is sanitised: the same for all formats.
import type { IncomingPost } from '../posts/incoming.js';
import { parseUrl } from '../parse-url.js';

export type FeedKind = 'rss' | 'atom' | 'rdf' | 'json';

export interface FeedDocument {
  kind: FeedKind;
  title?: string;
  items: FeedItem[];
}

export interface FeedItem {
  post: IncomingPost;
  /** What the item's relative addresses are relative to. */
  base: string;
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

/** Several names in one line. */
export function joinNames(names: readonly (string | undefined)[]): string | undefined {
  const unique = new Set(
    names.map((name) => name?.trim()).filter((name) => name !== undefined && name !== ''),
  );
  return unique.size === 0 ? undefined : [...unique].join(', ');
}
