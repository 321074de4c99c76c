// One event of a webhook, in the form that the inbox keeps: the same for all providers. Pure.
import { at, parseJson, textAt } from './json.js';

const types = ['bounce', 'suppressed', 'complaint', 'unsubscribe', 'delay', 'delivered', 'auto'] as const;
/** `suppressed`: the provider has not tried, because of its own list of addresses. */
export type HookEventType = (typeof types)[number];

export interface HookEvent {
  type: HookEventType;
  /** Unique at the provider. Undefined: the provider has none, and the content decides. */
  id?: string | undefined;
  /** The provider's own name of what happened, such as "Permanent/NoEmail". */
  named?: string | undefined;
  recipient?: string | undefined;
  /** The envelope sender or another text that may hold our token. */
  token?: string | undefined;
  /** Message-ID, ours or the provider's. */
  messageId?: string | undefined;
  /** The id that the provider gave the message in its reply to it. */
  providerId?: string | undefined;
  code?: number | undefined;
  /** "5.1.1" of RFC 3463. */
  status?: string | undefined;
  /** The words of the receiving server. */
  diagnostic?: string | undefined;
  /** When it happened, as the provider writes it. */
  at?: string | undefined;
}

export interface StoredEvent extends Omit<HookEvent, 'id'> {
  relay: string;
  scheme: string;
}

/** Characters. All fields together stay far below the 64 kB of a mail in the inbox. */
const mostOfField = 1_000;

const texts = [
  'named',
  'recipient',
  'token',
  'messageId',
  'providerId',
  'status',
  'diagnostic',
  'at',
] as const;

/** The event as JSON. Equal events give equal bytes. */
export function writeEvent(event: HookEvent, from: { relay: string; scheme: string }): Buffer {
  const { type, code } = event;
  const kept = texts.flatMap((name) => {
    const value = event[name];
    return value === undefined || value === '' ? [] : [[name, value.slice(0, mostOfField)] as const];
  });
  const known = code !== undefined && code >= 200 && code < 600 ? { code } : {};
  return Buffer.from(JSON.stringify({ ...from, type, ...Object.fromEntries(kept), ...known }));
}

/** What `writeEvent` wrote. Throws for anything else. */
export function readEvent(raw: Buffer): StoredEvent {
  const stored = parseJson(raw.toString());
  const type = types.find((one) => one === at(stored, 'type'));
  if (type === undefined) throw new Error('this is no event of a webhook');
  const code = at(stored, 'code');
  return {
    relay: textAt(stored, 'relay') ?? '',
    scheme: textAt(stored, 'scheme') ?? '',
    type,
    ...Object.fromEntries(texts.map((name) => [name, textAt(stored, name)])),
    code: typeof code === 'number' ? code : undefined,
  };
}
