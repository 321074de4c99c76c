// Previews of an issue as a reader sees it, and test mails. Neither is counted anywhere.
import type { Db } from '../db.js';
import type { Mailer } from '../mail/send.js';
import type { HandOver, Outcome } from '../mail/outcome.js';
import { composeVariant, nobodysLinks, type Links } from './message.js';
import { selectDelivery } from './ledger.js';
import { type VariantToSend, selectMainVariant, selectVariant } from './store-variants.js';

export type Part = 'html' | 'text' | 'raw';

interface Deps {
  db: Db;
  links: Links;
}

async function findVariant(deps: Deps, issueId: string, subscriberId: string | undefined) {
  const delivery =
    subscriberId === undefined ? undefined : await selectDelivery(deps.db, issueId, subscriberId);
  if (subscriberId !== undefined && delivery === undefined) return undefined;
  const id = delivery?.variantId ?? (await selectMainVariant(deps.db, issueId));
  const variant = id === undefined ? undefined : await selectVariant(deps.db, id);
  return variant && { variant, delivery };
}

/**
 * One part of an issue: as most readers get it, or as `subscriberId` gets it. Its links and its Message-ID belong
 * to no reader, because a viewer may read it, and a reader's token lets its holder act as the reader. `raw` is the
 * unsigned message. Undefined: no such issue or reader, or nothing is rendered yet.
 */
export async function previewIssue(
  deps: Deps,
  { issueId, subscriberId, part }: { issueId: string; subscriberId?: string | undefined; part: Part },
): Promise<string | undefined> {
  const found = await findVariant(deps, issueId, subscriberId);
  if (found === undefined) return undefined;
  const { variant, delivery } = found;
  if (part !== 'raw') return variant[part];
  const html = delivery?.plainText ? undefined : variant.html;
  const composed = await composeVariant({ ...source(variant), html }, deps.links);
  return composed
    .messageFor({
      subscriberId: '0',
      subscriptionId: '0',
      address: delivery?.address ?? 'reader@example.org',
    })
    .toString('utf8');
}

function source(variant: VariantToSend) {
  return { ...variant, from: { name: variant.fromName, address: variant.fromAddress } };
}

export interface TestSent {
  to: string;
  outcome: Outcome['outcome'];
  handOver: HandOver;
}

/**
 * Sends the issue to `to`, marked as a test. Its unsubscribe links belong to no reader. Undefined: nothing to
 * send.
 */
export async function sendTest(
  deps: Deps & { mailer: Mailer },
  { issueId, to }: { issueId: string; to: readonly string[] },
): Promise<TestSent[] | undefined> {
  const found = await findVariant(deps, issueId, undefined);
  if (found === undefined) return undefined;
  const { variant } = found;
  const { unsubscribeUrl } = nobodysLinks(deps.links);
  return Promise.all(
    to.map(async (address) => {
      const sent = await deps.mailer.send({
        from: source(variant).from,
        replyTo: variant.replyTo ?? undefined,
        to: address,
        subject: `[Test] ${variant.subject}`,
        html: variant.html,
        text: variant.text,
        headers: { 'List-Unsubscribe': `<${unsubscribeUrl}>` },
      });
      return { to: address, outcome: sent.outcome.outcome, handOver: sent.handOver };
    }),
  );
}
