// A publisher sets which domains may subscribe. Rules apply to new sign-ups (who-may-join.ts). Existing
// readers stay, and admins and imports may add any address.
import { domainToASCII } from 'node:url';
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { defaultLimit, pageOf, type Page } from '../paging.js';
import type { DomainRule } from './domain-rules.js';
import * as store from './store-abuse.js';

export type SetDomainRulesResult =
  /** `created` counts the domains that had no rule before. */
  | { ok: true; created: number; rules: DomainRule[] }
  | { ok: false; code: 'invalid-domain' | 'unknown-newsletter'; detail: string };

interface Deps {
  db: Db;
  now: () => Date;
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * A domain in lower case and A-labels, or undefined. "@example.org" and "*.example.org" mean example.org.
 */
export function readDomain(text: string): string | undefined {
  const bare = text.trim().replace(/^(@|\*?\.)/, '');
  // domainToASCII resolves percent signs and numbers like an address bar; those are no names.
  if (bare.length > 253 || /[^\p{L}\p{M}\p{N}.-]/u.test(bare)) return undefined;
  const domain = domainToASCII(bare).toLowerCase();
  const labels = domain.split('.');
  const isName = domain.length <= 253 && labels.every((part) => label.test(part));
  return isName && !/^\d+$/.test(labels.at(-1) ?? '') ? domain : undefined;
}

/** Sets the rule for these domains, for one newsletter or (null) for all. */
export async function setDomainRules(
  { db, now }: Deps,
  {
    newsletterId,
    domains,
    rule,
  }: { newsletterId: string | null; domains: readonly string[]; rule: DomainRule['rule'] },
): Promise<SetDomainRulesResult> {
  const names = new Set<string>();
  for (const text of domains) {
    const domain = readDomain(text);
    if (domain === undefined)
      return {
        ok: false,
        code: 'invalid-domain',
        detail: `${JSON.stringify(text.slice(0, 100))} is not a domain name.`,
      };
    names.add(domain);
  }
  if (newsletterId !== null && !(await getNewsletter(db, newsletterId)))
    return { ok: false, code: 'unknown-newsletter', detail: 'There is no newsletter with this id.' };
  const rows = await store.upsertRules(db, { newsletterId, domains: [...names], rule, now: now() });
  return {
    ok: true,
    created: rows.filter(({ created }) => created).length,
    rules: rows.map(({ created: _created, ...one }) => one),
  };
}

/** In the order of creation. `newsletterId` null: the rules for all newsletters; undefined: every rule. */
export async function listDomainRules(
  { db }: { db: Db },
  {
    newsletterId,
    cursor = '0',
    limit = defaultLimit,
  }: { newsletterId?: string | null | undefined; cursor?: string | undefined; limit?: number },
): Promise<Page<DomainRule>> {
  if (typeof newsletterId === 'string' && !isId(newsletterId)) return { data: [], nextCursor: null };
  return pageOf(await store.selectRules(db, { newsletterId, after: cursor, limit: limit + 1 }), limit);
}

export async function getDomainRule(
  { db }: { db: Db },
  { id }: { id: string },
): Promise<DomainRule | undefined> {
  return isId(id) ? store.selectRule(db, id) : undefined;
}

/** False if there is no such rule. */
export function removeDomainRule({ db }: { db: Db }, { id }: { id: string }): Promise<boolean> {
  return store.deleteRule(db, id);
}

/** Deletes the rules for these domains; returns how many there were. */
export function forgetDomainRules(
  { db }: { db: Db },
  { newsletterId, domains }: { newsletterId: string | null; domains: readonly string[] },
): Promise<number> {
  const names = domains.flatMap((text) => readDomain(text) ?? []);
  return store.deleteRulesOf(db, { newsletterId, domains: names });
}
