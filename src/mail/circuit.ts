// A relay's circuit breaker. Pure.
//
//   closed     all lots go through
//   open       no lot goes through: trouble opens the circuit for 5 s, then for twice as long, up to 5 min
//   half open  the pause is over: one small lot goes through. Its end closes the circuit or opens it again
import { minute } from '../durations.js';

export interface Pauses {
  /** Milliseconds. */
  first: number;
  longest: number;
}

export const standardPauses: Pauses = { first: 5_000, longest: 5 * minute };

export interface Circuit {
  /** Troubles in a row; 0: the circuit is closed. */
  troubles: number;
  /** Nothing goes through before this time. Milliseconds of the clock that `now` comes from. */
  openUntil: number;
  /** The lot that decides is under way. */
  probing: boolean;
}

export const closedCircuit: Circuit = { troubles: 0, openUntil: 0, probing: false };

export type CircuitState = 'closed' | 'open' | 'half-open';

export function circuitState({ troubles, openUntil, probing }: Circuit, now: number): CircuitState {
  if (troubles === 0) return 'closed';
  return probing || now < openUntil ? 'open' : 'half-open';
}

/**
 * The circuit after a lot has started. A half-open circuit then blocks all other lots until this one ends.
 */
export function afterStart(circuit: Circuit): Circuit {
  return circuit.troubles === 0 ? circuit : { ...circuit, probing: true };
}

/** The circuit after a lot has ended. 'untried': the lot ended before the relay was asked. */
export function afterLot(
  circuit: Circuit,
  lot: { ended: 'trouble' | 'well' | 'untried'; probe: boolean },
  now: number,
  pauses: Pauses,
): Circuit {
  // Lots that were under way when the circuit opened tell nothing new.
  if (circuit.troubles > 0 && !lot.probe) return circuit;
  switch (lot.ended) {
    case 'well':
      return closedCircuit;
    case 'untried':
      return { ...circuit, probing: false };
    case 'trouble': {
      const pause = Math.min(pauses.first * 2 ** circuit.troubles, pauses.longest);
      return { troubles: circuit.troubles + 1, openUntil: now + pause, probing: false };
    }
  }
}
