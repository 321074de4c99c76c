// The address of the preview's frame. It holds the values of the form, as there is no newsletter yet, and a signature of this
// session: no link of another site makes us ask a feed.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { feedKinds } from '../../formats/document.js';
import { newsletterInput, type NewsletterInput } from '../../newsletters/schema.js';
import type { Keys } from '../../secrets.js';

const framed = z.object({
  readAt: z.int(),
  feeds: z.array(z.object({ url: z.string(), kind: z.enum(feedKinds) })),
  input: newsletterInput,
});

export interface Framed {
  readAt: number;
  feeds: { url: string; kind: (typeof feedKinds)[number] }[];
  input: NewsletterInput;
}

const mac = (key: Buffer, session: string, text: string): Buffer =>
  createHmac('sha256', key).update(`${session}\0${text}`).digest();

/** The query of the frame's address. `session` is the token of the session's forms. */
export function frameQuery({ current }: Keys, session: string, values: Framed): string {
  const text = Buffer.from(JSON.stringify(values)).toString('base64url');
  return new URLSearchParams({
    of: text,
    mac: mac(current.bytes, session, text).toString('base64url'),
  }).toString();
}

/** Undefined: we did not make the address in this session. */
export function readFrameQuery(
  { all }: Keys,
  session: string,
  { of, mac: given }: { of?: unknown; mac?: unknown },
): Framed | undefined {
  if (typeof of !== 'string' || typeof given !== 'string') return undefined;
  const signature = Buffer.from(given, 'base64url');
  const isOurs = all.some(({ bytes }) => {
    const expected = mac(bytes, session, of);
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  });
  return isOurs ? framed.safeParse(JSON.parse(Buffer.from(of, 'base64url').toString())).data : undefined;
}
