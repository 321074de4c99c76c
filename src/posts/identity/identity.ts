// Decides whether two posts are the same post. Pure.
//
// 1. A post has identities: its guid, its address and a fingerprint of its words. Each has a form that
//    survives what publishers change (http to https, www, tracking parameters, a trailing slash).
// 2. Different posts of one document may share an identity (a change log whose items all link to one page).
//    That identity names none of them, and is dropped. A link that posts shared once stays without meaning:
//    the ledger keeps it under a name of its own, "shared:…".
// 3. A post that appears twice in a document is one post.
// 4. A post whose site moved to another host is recognised by its path, on three conditions:
//    - The path counts only within its feed.
//    - The old host is gone from the document, so that a feed that gathers two sites is never merged.
//    - The title or the date agrees.
import { createHash } from 'node:crypto';
import { canonicalUrl, readAddress, withoutTokens } from './address.js';
import { areUnlike } from './alike.js';
import type { PreparedPost } from '../incoming.js';

function shorten(text: string): string {
  return text.length <= 200 ? text : `sha256.${hash(text)}`;
}

/** For names: the text may be long. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 27);
}

// RFC 4151: tag:authority,date:specific
const tagUri = /^tag:([^,:/]+),([^:]+:.+)$/is;
const globalGuid = /^(?:urn:|tag:|[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$)/i;

// RFC 9562 section 4: a UUID is read without regard to case.
const uuid = /^(?:urn:uuid:)?[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** The name of a guid. An opaque guid ("123") has a meaning only within `scope`. */
export function guidIdentity(guid: string, scope: string): string {
  const address = readAddress(guid);
  // The fragment is part of a guid: change logs number their releases in it.
  if (address !== undefined) return `guid:${shorten(`${address.host}${address.path}${address.fragment}`)}`;
  const text = guid.normalize('NFC');
  if (globalGuid.test(text)) return `guid:${shorten(uuid.test(text) ? text.toLowerCase() : text)}`;
  return `guid:${scope}:${shorten(text)}`;
}

/** Only the words: a second version changes case, punctuation and white space first. */
export function normaliseWords(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim();
}

/** Characters. Shorter texts ("New episode out now!") do not identify a post. */
const fingerprintLength = 200;
/** Characters of title and words together that identify a post at nearly the same address. */
const tellingLength = 40;

export interface LocalIdentity {
  host: string;
  identity: string;
}

function placeOf(text: string | null, scope: string): LocalIdentity | undefined {
  const tag = tagUri.exec(text ?? '');
  if (tag?.[1] && tag[2])
    return { host: tag[1].toLowerCase(), identity: `path:${scope}:${shorten(`tag:${tag[2]}`)}` };
  const address = readAddress(text);
  if (address === undefined || address.path === '/') return undefined;
  return { host: address.host, identity: `path:${scope}:${shorten(address.path)}` };
}

export interface Identities {
  /** Strongest first: guid, address, fingerprint, and a hash of the whole post, which every post has. */
  names: string[];
  /** The post's paths on its host, for posts whose host changes. */
  places: LocalIdentity[];
  /** The normalised title. */
  title: string;
  /** The normalised text. */
  words: string;
  /** Milliseconds since 1970. */
  time: number | undefined;
}

/** True if the identity comes from the post's link. */
export const isLinkName = (name: string): boolean => /^(?:url|at):/.test(name);

/** The name under which the ledger remembers that different posts had this link. */
export const sharedName = (linkName: string): string => `shared:${linkName}`;

/** The scope of posts that are pushed, not read from a feed. */
export const pushedScope = 'api';

/**
 * The identities of one post. Opaque guids ("123") and paths have a meaning only within `scope`, its feed.
 */
export function identitiesOf(post: PreparedPost, scope: string): Identities {
  const address = canonicalUrl(post.url);
  const title = normaliseWords(post.title);
  const words = normaliseWords(post.text);
  const names: string[] = [];
  if (post.guid !== null) names.push(guidIdentity(post.guid, scope));
  else names.push(...placeInPage(post.url));
  // A post without its own address points at the site's front page.
  if (address?.includes('/') || address?.includes('?')) names.push(`url:${shorten(address)}`);
  const bare = post.guid === null ? withoutTokens(post.url) : undefined;
  if (bare !== undefined && title.length + words.length >= tellingLength)
    names.push(`bare:${scope}:${hash([bare, title, words].join('\n'))}`);
  if (words.length >= fingerprintLength) names.push(`print:${hash(`${title}\n${words}`)}`);
  names.push(`item:${scope}:${hash([post.guid, address, title, words].join('\n'))}`);
  const places = scope === pushedScope ? [] : [placeOf(post.url, scope), placeOf(post.guid, scope)];
  return {
    names,
    places: places.filter((place) => place !== undefined),
    title,
    words,
    time: post.publishedAt?.getTime(),
  };
}

/** The link with its fragment. Change logs without guids number their releases in it. */
function placeInPage(link: string | null): string[] {
  const { host, path, fragment } = readAddress(link) ?? { host: '', path: '', fragment: '' };
  return fragment.length > 1 ? [`at:${shorten(`${host}${path}${fragment}`)}`] : [];
}

/** The hosts in the addresses and guids of the document's posts. */
export function hostsOf(posts: readonly Pick<PreparedPost, 'url' | 'guid'>[]): Set<string> {
  const hosts = posts.flatMap(({ url, guid }) => [placeOf(url, '')?.host, placeOf(guid, '')?.host]);
  return new Set(hosts.filter((host) => host !== undefined));
}

/** True if the two cannot be versions of one post. */
function areOther(one: Identities, other: Identities): boolean {
  if (one.title !== other.title) return true;
  const isSameTime = one.time !== undefined && one.time === other.time;
  return !isSameTime && areUnlike(one.words, other.words);
}

/** The identities that different posts of the document share. */
export function ambiguousNames(all: readonly Identities[]): Set<string> {
  const bearers = new Map<string, Identities[]>();
  for (const post of all)
    for (const name of post.names) bearers.set(name, [...(bearers.get(name) ?? []), post]);
  const isAmbiguous = ([name, posts]: [string, Identities[]]): boolean => {
    const [first, ...rest] = posts;
    if (first === undefined || !rest.some((post) => areOther(first, post))) return false;
    // Versions of an edited post share guid and address; different posts share only one.
    const other = name.startsWith('guid:') ? 'url:' : 'guid:';
    const others = new Set(posts.map(({ names }) => names.find((candidate) => candidate.startsWith(other))));
    return others.size > 1 || others.has(undefined);
  };
  return new Set([...bearers].filter(isAmbiguous).map(([name]) => name));
}

export interface PostGroup<Post> {
  /** The first of the group in the document; its words count. */
  post: Post;
  identities: Identities;
  /** The link names that it shares with other posts of the document; they do not name it. */
  shared: string[];
  /** The positions of the group's posts in the document. */
  members: number[];
}

/** Groups the posts of one document: one group for each post, with its identities. */
export function groupPosts<Post extends PreparedPost>(
  posts: readonly Post[],
  scope: string,
): PostGroup<Post>[] {
  const identities = posts.map((post) => identitiesOf(post, scope));
  const ambiguous = ambiguousNames(identities);
  const groupByName = new Map<string, PostGroup<Post>>();
  const groups: PostGroup<Post>[] = [];
  for (const [position, post] of posts.entries()) {
    const all = identities[position];
    if (all === undefined) continue;
    const own = { ...all, names: all.names.filter((name) => !ambiguous.has(name)) };
    const shared = all.names.filter((name) => ambiguous.has(name) && isLinkName(name));
    const group = own.names.map((name) => groupByName.get(name)).find((found) => found !== undefined);
    if (group === undefined) {
      const fresh = { post, identities: own, shared, members: [position] };
      groups.push(fresh);
      for (const name of own.names) groupByName.set(name, fresh);
    } else {
      group.members.push(position);
      group.identities = {
        ...group.identities,
        names: [...new Set([...group.identities.names, ...own.names])],
        places: [...group.identities.places, ...own.places],
      };
      for (const name of own.names) if (!groupByName.has(name)) groupByName.set(name, group);
    }
  }
  return groups;
}
