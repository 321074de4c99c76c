// Whose addresses may subscribe, by their domain. Pure.
//
// A rule is about a domain and all that is below it, for one newsletter or for all. Of the newsletter's own rules the most
// exact one decides; a newsletter with an `allow` among its rules is for those domains alone. Where the newsletter has
// nothing to say, the rules for all newsletters decide in the same way.

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
export function withParents(domain: string): string[] {
  const labels = domain.split('.');
  return labels.map((_, at) => labels.slice(at).join('.'));
}

function decide(domain: string, rules: readonly Ruling[]): boolean | undefined {
  for (const candidate of withParents(domain)) {
    const found = rules.find((rule) => rule.domain === candidate);
    if (found) return found.rule === 'allow';
  }
  return rules.some(({ rule }) => rule === 'allow') ? false : undefined;
}

/** Whether addresses of `domain` may subscribe to the newsletter. `rules` may hold others that do not concern it. */
export function mayJoin(domain: string, newsletterId: string, rules: readonly Ruling[]): boolean {
  const own = rules.filter((rule) => rule.newsletterId === newsletterId);
  const everywhere = rules.filter((rule) => rule.newsletterId === null);
  return decide(domain, own) ?? decide(domain, everywhere) ?? true;
}
