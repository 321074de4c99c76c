// Which newsletters the rules about domains keep a person from.
//
// Asked wherever readers let themselves in: at the request, before the mails that it brings, and at its confirmation (a rule
// may have been made between them), at a fresh link, on the page of another newsletter, when a leaving is undone, and when an address changes.
// Whoever reads already goes on reading; whom an admin or an import has added, or asked to confirm, may come in.
import type { Db } from '../db.js';
import { mayJoin, withParents } from './domain-rules.js';
import { selectRulesFor, selectVouchedFor } from './store-abuse.js';

/** Of these newsletters, those that the subscriber may not join with an address at `domain`. */
export async function closedTo(
  db: Db,
  asked: { subscriberId: string; domain: string; newsletterIds: readonly string[] },
): Promise<ReadonlySet<string>> {
  const { subscriberId, domain, newsletterIds } = asked;
  const rules = await selectRulesFor(db, { domains: withParents(domain), newsletterIds });
  const against = newsletterIds.filter((id) => !mayJoin(domain, id, rules));
  if (against.length === 0) return new Set();
  const vouched = await selectVouchedFor(db, { subscriberId, newsletterIds: against });
  return new Set(against.filter((id) => !vouched.includes(id)));
}

/** Whether the subscriber may come back to the newsletter of this place of theirs. */
export async function mayComeBack(
  db: Db,
  { subscriberId, newsletterId, domain }: { subscriberId: string; newsletterId: string; domain: string },
): Promise<boolean> {
  return (await closedTo(db, { subscriberId, domain, newsletterIds: [newsletterId] })).size === 0;
}
