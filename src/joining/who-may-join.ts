// Which newsletters exclude a person by a domain rule.
//
// Every way in asks: the request, the mails that follow it, the confirmation (a rule may have been made
// since), a fresh link, the page of another newsletter, the undo of a leaving, and a change of address.
// Existing readers stay. Readers whom an admin or an import added, or asked to confirm, may join.
import type { Db } from '../db.js';
import { mayJoin, domainWithParents } from './domain-rules.js';
import { selectRulesFor, selectVouchedFor } from './store-abuse.js';

/** The newsletters among these that an address at `domain` may not join. */
export async function closedTo(
  db: Db,
  asked: { subscriberId: string; domain: string; newsletterIds: readonly string[] },
): Promise<ReadonlySet<string>> {
  const { subscriberId, domain, newsletterIds } = asked;
  const rules = await selectRulesFor(db, { domains: domainWithParents(domain), newsletterIds });
  const against = newsletterIds.filter((id) => !mayJoin(domain, id, rules));
  if (against.length === 0) return new Set();
  const vouched = await selectVouchedFor(db, { subscriberId, newsletterIds: against });
  return new Set(against.filter((id) => !vouched.includes(id)));
}

/** Whether the subscriber may rejoin the newsletter of this subscription. */
export async function mayComeBack(
  db: Db,
  { subscriberId, newsletterId, domain }: { subscriberId: string; newsletterId: string; domain: string },
): Promise<boolean> {
  return (await closedTo(db, { subscriberId, domain, newsletterIds: [newsletterId] })).size === 0;
}
