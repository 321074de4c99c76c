// What a provider's scheme consists of: how a call is verified, and which events it holds.
import type { HookEvent } from './hook-event.js';

export interface HookCall {
  /** As it arrived: signatures cover the bytes. */
  body: Buffer;
  header: (name: string) => string | undefined;
  now: Date;
}

/** Why a call is refused. The first ones answer 401; `no-certificate` answers 503, so that it comes again. */
export type HookRefusal =
  'bad-signature' | 'late' | 'wrong-topic' | 'foreign-certificate' | 'no-certificate' | 'not-confirmed';

export interface Outside {
  /** GET by the guarded client; undefined: it failed. */
  fetchText: (url: string) => Promise<string | undefined>;
}

export interface HookScheme {
  /** `credential` is that of FeedbackHook. Undefined: the call is the provider's. */
  verify: (
    call: HookCall,
    credential: string,
    outside: Outside,
  ) => HookRefusal | undefined | Promise<HookRefusal | undefined>;
  /** The events of a verified call. Undefined: the body is not what the provider sends. */
  events: (call: HookCall) => HookEvent[] | undefined;
}
