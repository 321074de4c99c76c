// Takes one call of a provider's webhook.
//
//   1. the address names relays whose provider reports by webhook; one of them must verify the call
//   2. the events are written in our own form, each with the provider's id: a call that comes again changes nothing
//   3. the answer is given after the commit
import type { RelayConfig } from '../../config/relays.js';
import { putEvents, type PutDeps } from '../put.js';
import { writeEvent, type HookEvent } from './hook-event.js';
import type { HookCall, Outside, HookRefusal, HookScheme } from './scheme.js';
import { schemes } from './schemes.js';

export type Rejection = HookRefusal | 'unknown-relay' | 'unreadable' | 'too-large' | 'not-stored';

interface HookRelay {
  relay: string;
  scheme: string;
  credential: string;
  verifier: HookScheme;
}

/** The relays that an address names: by the option name, the host, or host:port. */
export function hookRelays(relays: readonly RelayConfig[], named: string): HookRelay[] {
  const wanted = named.toLowerCase();
  return relays.flatMap(({ name, host, clientName, feedback }) => {
    const isNamed = [name, host, clientName].some((one) => one?.toLowerCase() === wanted);
    return isNamed && feedback ? [{ relay: name, ...feedback, verifier: schemes[feedback.scheme] }] : [];
  });
}

export async function takeHook(
  deps: PutDeps & Outside,
  relays: readonly HookRelay[],
  call: HookCall,
): Promise<Rejection | 'taken'> {
  let refused: Rejection = 'unknown-relay';
  for (const { relay, scheme, credential, verifier } of relays) {
    const refusal = await verifier.verify(call, credential, deps);
    if (refusal === undefined) return store(deps, { relay, scheme }, verifier.events(call));
    refused = refusal;
  }
  return refused;
}

async function store(
  deps: PutDeps,
  from: { relay: string; scheme: string },
  events: readonly HookEvent[] | undefined,
): Promise<'unreadable' | 'taken'> {
  if (events === undefined) return 'unreadable';
  const written = events.map((event) => ({
    raw: writeEvent(event, from),
    key: event.id === undefined ? undefined : `${from.relay} ${from.scheme} ${event.id}`,
  }));
  await putEvents(deps, written);
  return 'taken';
}
