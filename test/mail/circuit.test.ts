// The circuit breaker of a relay: when it opens, for how long, and what closes it.
import { second } from '../../src/durations.js';
import {
  afterLot,
  afterStart,
  circuitState,
  closedCircuit,
  standardPauses,
  type Circuit,
} from '../../src/mail/circuit.js';

const trouble = (circuit: Circuit, now: number, probe = circuit.troubles > 0) =>
  afterLot(circuit, { ended: 'trouble', probe }, now, standardPauses);

test('trouble opens a circuit for 5 s, then for twice as long each time, at most 5 min', () => {
  let circuit = closedCircuit;
  let now = 0;
  const pauses = Array.from({ length: 9 }, () => {
    circuit = trouble(afterStart(circuit), now);
    const pause = circuit.openUntil - now;
    expect(circuitState(circuit, now + pause - 1)).toBe('open');
    now += pause;
    expect(circuitState(circuit, now)).toBe('half-open');
    return pause / second;
  });
  expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
});

test('half open, one lot goes through, and its end decides', () => {
  const open = trouble(closedCircuit, 0);
  const probing = afterStart(open);
  expect(circuitState(probing, 6 * second)).toBe('open');
  const well = afterLot(probing, { ended: 'well', probe: true }, 6 * second, standardPauses);
  expect(circuitState(well, 6 * second)).toBe('closed');
  const untried = afterLot(probing, { ended: 'untried', probe: true }, 6 * second, standardPauses);
  expect(circuitState(untried, 6 * second)).toBe('half-open');
});

test('lots that were on their way when a circuit opened neither close it nor make it longer', () => {
  const open = trouble(closedCircuit, 0);
  expect(trouble(open, 1 * second, false)).toEqual(open);
  expect(afterLot(open, { ended: 'well', probe: false }, second, standardPauses)).toEqual(open);
});
