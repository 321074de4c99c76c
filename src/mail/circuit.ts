// Whether a relay is asked at all. Pure.
//
// closed: it is. Trouble opens the circuit for 5 s, and for twice as long each time until 5 min. When that is over it is
// half open: one small lot goes through and decides, by closing the circuit or opening it again.
import { minute } from '../durations.js';

export interface Pauses {
  /** Milliseconds. */
  first: number;
  longest: number;
}

export const standardPauses: Pauses = { first: 5_000, longest: 5 * minute };

export interface Circuit {
  /** Troubles in a row; 0: closed. */
  troubles: number;
  /** By the clock that `now` is of, in milliseconds: until then nothing goes through. */
  openUntil: number;
  /** A lot is on its way that decides. */
  probing: boolean;
}

export const closedCircuit: Circuit = { troubles: 0, openUntil: 0, probing: false };

export type CircuitState = 'closed' | 'open' | 'half-open';

export function circuitState({ troubles, openUntil, probing }: Circuit, now: number): CircuitState {
  if (troubles === 0) return 'closed';
  return probing || now < openUntil ? 'open' : 'half-open';
}

/** A lot goes through: with a circuit that is half open, nothing else does until it has ended. */
export function afterStart(circuit: Circuit): Circuit {
  return circuit.troubles === 0 ? circuit : { ...circuit, probing: true };
}

/** A lot ended: with trouble, well, or with nothing said to the relay. */
export function afterLot(
  circuit: Circuit,
  lot: { ended: 'trouble' | 'well' | 'untried'; probe: boolean },
  now: number,
  pauses: Pauses,
): Circuit {
  // What was on its way when the circuit opened says nothing new, good or bad.
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
