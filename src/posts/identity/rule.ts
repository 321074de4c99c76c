// The rule by which a person tells us to recognise a feed's posts, when no general rule fits it: a feed whose
// guids are new at each request, whose links all lead to one page, or whose titles alone are its own. Pure.
//
// The rule alone decides within the feed. Posts of other feeds are recognised as usual: a post that two feeds
// carry goes out once.
import { readAddress } from './address.js';
import {
  ambiguousNames,
  hash,
  type Identities,
  identitiesOf,
  isLinkName,
  normaliseWords,
} from './identity.js';
import type { PostGroup } from './identity.js';
import type { PreparedPost } from '../incoming.js';
import type { Candidate } from './same-address.js';

export const identityRules = ['guid', 'link', 'title'] as const;
export type IdentityRule = (typeof identityRules)[number];

function partOf(post: PreparedPost, rule: IdentityRule): string | null {
  switch (rule) {
    case 'guid':
      return post.guid?.normalize('NFC') ?? null;
    case 'link': {
      const address = readAddress(post.url);
      return address === undefined ? post.url : `${address.host}${address.path}${address.fragment}`;
    }
    case 'title':
      return normaliseWords(post.title);
  }
}

/** The post's one name under the rule. A post without the part that the rule wants is itself alone. */
function ruleName(post: PreparedPost, scope: string, rule: IdentityRule, { names }: Identities): string {
  const part = partOf(post, rule);
  return part === null || part === ''
    ? (names.find((name) => name.startsWith('item:')) ?? '')
    : `rule:${scope}:${rule}:${hash(part)}`;
}

/** The names under which a post of the ledger must be known once its feed has this rule. */
export function namesUnderRule(post: PreparedPost, scope: string, rule: IdentityRule | null): string[] {
  const identities = identitiesOf(post, scope);
  return rule === null ? identities.names : [ruleName(post, scope, rule, identities)];
}

/** Groups the posts of one document by the rule. The first name of each group is that of the rule. */
export function groupByRule<Post extends PreparedPost>(
  posts: readonly Post[],
  scope: string,
  rule: IdentityRule,
): PostGroup<Post>[] {
  const all = posts.map((post) => identitiesOf(post, scope));
  const ambiguous = ambiguousNames(all);
  const groups = new Map<string, PostGroup<Post>>();
  for (const [position, post] of posts.entries()) {
    const own = all[position];
    if (own === undefined) continue;
    const name = ruleName(post, scope, rule, own);
    const others = own.names.filter((other) => !ambiguous.has(other));
    const group = groups.get(name);
    if (group === undefined)
      groups.set(name, {
        post,
        identities: { ...own, names: [name, ...others], places: [] },
        shared: own.names.filter((other) => ambiguous.has(other) && isLinkName(other)),
        members: [position],
      });
    else {
      group.members.push(position);
      group.identities.names.push(...others);
    }
  }
  return [...groups.values()];
}

/** Maps each group to its post in the ledger: of its feed by the rule, of another feed by any name. */
export function matchByRule<Post extends PreparedPost, Known extends Candidate>(
  groups: readonly PostGroup<Post>[],
  ledger: ReadonlyMap<string, Known>,
  feedId: string,
): Map<PostGroup<Post>, Known> {
  const matches = new Map<PostGroup<Post>, Known>();
  const taken = new Set<string>();
  const take = (find: (names: readonly string[]) => Known | undefined): void => {
    for (const group of groups) {
      const match = matches.has(group) ? undefined : find(group.identities.names);
      if (match === undefined || taken.has(match.id)) continue;
      matches.set(group, match);
      taken.add(match.id);
    }
  };
  take(([name = '']) => ledger.get(name));
  take((names) => names.map((name) => ledger.get(name)).find((found) => found && found.feedId !== feedId));
  return matches;
}
