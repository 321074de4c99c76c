// The gate of a provider: so many hand-overs at once, and the others in their order.
import { Gate } from '../../src/providers/gate.js';

/** Starts hand-overs that end when they are told to. */
function startIn(gate: Gate) {
  const inside = new Map<string, (end: { fails: boolean }) => void>();
  const ended: string[] = [];
  return {
    inside: () => [...inside.keys()],
    ended,
    start(name: string): void {
      const work = () =>
        new Promise<void>((resolve, reject) =>
          inside.set(name, ({ fails }) => {
            inside.delete(name);
            if (fails) reject(new Error(name));
            else resolve();
          }),
        );
      gate.pass(work).then(
        () => ended.push(name),
        (error: unknown) => ended.push(String(error)),
      );
    },
    async end(name: string, fails = false): Promise<void> {
      inside.get(name)?.({ fails });
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('lets one through, and then the next in the order in which they came', async () => {
  const gate = new Gate();
  const { start, end, inside, ended } = startIn(gate);
  for (const name of ['a', 'b', 'c']) start(name);
  expect(inside()).toEqual(['a']);
  await end('a');
  expect(inside()).toEqual(['b']);
  await end('b');
  await end('c');
  expect(ended).toEqual(['a', 'b', 'c']);
  expect(gate.isUnused).toBe(true);
});

test('a hand-over that throws leaves its place to the next', async () => {
  const gate = new Gate();
  const { start, end, inside, ended } = startIn(gate);
  for (const name of ['a', 'b']) start(name);
  await end('a', true);
  expect(inside()).toEqual(['b']);
  await end('b');
  expect(ended).toEqual(['Error: a', 'b']);
});

test('more room lets those in who wait, and less room lets nobody in until enough have left', async () => {
  const gate = new Gate();
  const { start, end, inside } = startIn(gate);
  for (const name of ['a', 'b', 'c', 'd', 'e']) start(name);
  gate.room = 3;
  await end('nobody');
  expect(inside()).toEqual(['a', 'b', 'c']);
  gate.room = 1;
  await end('a');
  await end('b');
  expect(inside()).toEqual(['c']);
  expect(gate.isUnused).toBe(false);
  await end('c');
  expect(inside()).toEqual(['d']);
});
