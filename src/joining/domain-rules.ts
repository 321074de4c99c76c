// Which addresses may subscribe, by their domain. Pure.
//
// A rule covers a domain and its subdomains, for one newsletter or for all. The newsletter's own rules come
// first, and the most specific one decides. A newsletter with an `allow` rule admits only allowed domains. If
// none of its own rules applies, the rules for all newsletters decide in the same way.

export interface DomainRule {
  id: string;
  /** Null: every newsletter. */
  newsletterId: string | null;
  /** Lower case, A-labels. */
  domain: string;
  rule: 'allow' | 'block';
  createdAt: Date;
}

type Ruling = Pick<DomainRule, 'newsletterId' | 'domain' | 'rule'>;

/** news.example.org, example.org, org. */
export function domainWithParents(domain: string): string[] {
  const labels = domain.split('.');
  return labels.map((_, at) => labels.slice(at).join('.'));
}

function decide(domain: string, rules: readonly Ruling[]): boolean | undefined {
  for (const candidate of domainWithParents(domain)) {
    const found = rules.find((rule) => rule.domain === candidate);
    if (found) return found.rule === 'allow';
  }
  return rules.some(({ rule }) => rule === 'allow') ? false : undefined;
}

/** Whether addresses at `domain` may subscribe to the newsletter. `rules` may include unrelated ones. */
export function mayJoin(domain: string, newsletterId: string, rules: readonly Ruling[]): boolean {
  const own = rules.filter((rule) => rule.newsletterId === newsletterId);
  const everywhere = rules.filter((rule) => rule.newsletterId === null);
  return decide(domain, own) ?? decide(domain, everywhere) ?? true;
}
