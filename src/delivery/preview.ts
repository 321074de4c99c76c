// Previews of an issue as a reader sees it, and test mails. Neither is counted anywhere.
import { randomUUID } from 'node:crypto';
import type { Db } from '../db.js';
import type { ComposedMailer } from '../mail/send.js';
import type { HandOver, Outcome } from '../mail/outcome.js';
import type { IssueDeps } from '../issues/freeze.js';
import { noteRelayWorks } from '../sender-checks/checks.js';
import { variantFor } from '../issues/as-reader.js';
import { type LooseDigest, renderNextOrLatest } from '../issues/preview-look.js';
import { addressedTo, canBeComposed, composeVariant, type Links, type VariantSource } from './message.js';
import { selectDelivery } from './ledger.js';
import { type VariantToSend, selectMainVariant, selectVariant } from './store-variants.js';

export type Part = 'html' | 'text' | 'raw';

interface Deps {
  db: Db;
  links: Links;
}

interface FoundVariant {
  variant: VariantToSend;
  /** Undefined: most readers have it. */
  reader?: { address: string | null; plainText: boolean } | undefined;
}

async function findVariant({ db }: Deps, issueId: string): Promise<FoundVariant | undefined> {
  const id = await selectMainVariant(db, issueId);
  const variant = id === undefined ? undefined : await selectVariant(db, id);
  return variant && { variant };
}

/** The variant that the reader got, or before the issue is sent, the one that they would get. */
async function findVariantOf(
  deps: Deps & { now: () => Date },
  issueId: string,
  subscriberId: string,
): Promise<FoundVariant | undefined> {
  const delivery = await selectDelivery(deps.db, issueId, subscriberId);
  const before = delivery ? undefined : await variantFor(deps, { issueId, subscriberId });
  const id = delivery?.variantId ?? before?.variantId;
  const variant = id === undefined ? undefined : await selectVariant(deps.db, id);
  return variant && { variant, reader: delivery ?? before?.reader };
}

export type Missing =
  /** No such issue or reader, or nothing is rendered yet. */
  | 'not-found'
  /** The digest has no unsubscribe link that we can sign, so it is never sent. */
  | 'not-sendable';
export type Previewed = { ok: true; content: string } | { ok: false; code: Missing };
export type Tested = { ok: true; sent: TestSent[] } | { ok: false; code: Missing };

const failed = (code: Missing): { ok: false; code: Missing } => ({ ok: false, code });

/**
 * One part of an issue: as most readers get it, or as `subscriberId` gets it. Its links and its Message-ID belong
 * to no reader, because a viewer may read it, and a reader's token lets its holder act as the reader. `raw` is the
 * unsigned message.
 */
export async function previewIssue(
  deps: Deps & { now: () => Date },
  { issueId, subscriberId, part }: { issueId: string; subscriberId?: string | undefined; part: Part },
): Promise<Previewed> {
  const found = await (subscriberId === undefined
    ? findVariant(deps, issueId)
    : findVariantOf(deps, issueId, subscriberId));
  if (found === undefined) return failed('not-found');
  const { variant, reader } = found;
  const address = reader?.address ?? 'reader@example.org';
  if (part !== 'raw') return { ok: true, content: addressedTo(deps.links, address, variant)[part] };
  const html = reader?.plainText ? undefined : variant.html;
  if (!canBeComposed(deps.links, { text: variant.text, html })) return failed('not-sendable');
  const composed = await composeVariant({ ...source(variant), html }, deps.links);
  const message = composed.messageFor({ subscriberId: '0', subscriptionId: '0', address });
  return { ok: true, content: message.toString('utf8') };
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
 * Sends the issue to `to`, byte for byte as readers get it but for their tokens, so that a spam checker or a
 * seed list judges the real mail. Its tokens belong to no reader.
 */
export async function sendTest(
  deps: Deps & { now: () => Date; mailer: ComposedMailer },
  { issueId, to }: { issueId: string; to: readonly string[] },
): Promise<Tested> {
  const found = await findVariant(deps, issueId);
  if (found === undefined) return failed('not-found');
  if (!canBeComposed(deps.links, found.variant)) return failed('not-sendable');
  return { ok: true, sent: await sendToEach(deps, source(found.variant), to) };
}

/** No issue: the number in the envelope and the Message-ID of a test that has none. */
const noIssue = '0';

/**
 * The same for the next digest as it stands. It needs neither an issue nor readers. With nothing new, it holds
 * the latest posts. 'not-found': there is no such newsletter, or it has no posts.
 */
export async function sendTestOfNext(
  deps: IssueDeps & Deps & { mailer: ComposedMailer },
  { newsletterId, to }: { newsletterId: string; to: readonly string[] },
): Promise<Tested> {
  const found = await renderNextOrLatest(deps, { newsletterId });
  return found ? { ok: true, sent: await sendTestOf(deps, found, to) } : failed('not-found');
}

/** Sends a digest that belongs to no issue, and whose newsletter may not exist yet. */
export async function sendTestOf(
  deps: Deps & { now: () => Date; mailer: ComposedMailer },
  digest: LooseDigest,
  to: readonly string[],
): Promise<TestSent[]> {
  const { id: newsletterId, slug, from, replyTo } = digest.newsletter;
  const { subject, html, text } = digest.rendered;
  const date = deps.now();
  const issue = { issueId: noIssue, newsletterId, slug, from, replyTo, subject, html, text, date };
  return sendToEach(deps, issue, to);
}

/** A relay that takes a test works. One that refuses an address may work, so nothing is noted of it. */
async function sendToEach(
  deps: Deps & { now: () => Date; mailer: ComposedMailer },
  issue: VariantSource,
  to: readonly string[],
): Promise<TestSent[]> {
  const { links, mailer } = deps;
  const composed = await composeVariant(issue, links, mailer.signer);
  const tests = await Promise.all(
    to.map(async (address) => {
      // A new Message-ID for each test: mail programs hide a second mail with the same one.
      const reader = { subscriberId: '0', subscriptionId: '0', address, nonce: randomUUID() };
      const sent = await mailer.sendComposed(
        { origin: { kind: 'test', issueId: issue.issueId }, from: issue.from.address, to: address },
        (signed) => composed.dataFor(reader, signed),
      );
      return { to: address, outcome: sent.outcome.outcome, handOver: sent.handOver };
    }),
  );
  const taken = new Set(
    tests.filter(({ outcome }) => outcome === 'accepted').map(({ handOver }) => handOver.relay),
  );
  for (const relay of taken) await noteRelayWorks(deps, relay);
  return tests;
}
