// What the page after a POST tells and the database no longer knows: the address, encrypted in the page's URL.
// So the answer can be a redirect, and neither a log nor a history tells who it was. Pure.
import { seal, unseal } from '../sealed.js';
import { keyWithId, type Secrets } from '../secrets.js';

export interface SealedAnswer {
  email: string;
  newsletterIds: string[];
}

type Kind = 'erased' | 'asked-again';

/** For a query: the id of the key, then the sealed text, in base64url. */
export function sealAnswer(secrets: Secrets, kind: Kind, answer: SealedAnswer): string {
  const { current } = secrets.derive('sealed-answers');
  const sealed = seal(current.bytes, Buffer.from(JSON.stringify([kind, answer.email, answer.newsletterIds])));
  return Buffer.concat([Buffer.of(current.id), sealed]).toString('base64url');
}

/** Undefined for anything that we did not seal for this page. */
export function openSealedAnswer(secrets: Secrets, kind: Kind, text: unknown): SealedAnswer | undefined {
  if (typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text, 'base64url');
  const key = keyWithId(secrets.derive('sealed-answers'), bytes[0]);
  const opened = key && unseal(key, bytes.subarray(1));
  if (opened === undefined) return undefined;
  const [sealedFor, email, newsletterIds] = JSON.parse(opened.toString()) as [string, string, string[]];
  return sealedFor === kind ? { email, newsletterIds } : undefined;
}
