// Property tests: one assertion for many random inputs. On failure, fast-check prints the seed and the
// smallest failing input. PROPERTY_SEED=<seed> repeats the same inputs.
import fc from 'fast-check';

const seed = process.env['PROPERTY_SEED'];

/** Milliseconds for one property: a slow machine tries fewer inputs, but at least one. */
const timeLimit = 4_000;

/** Calls `check`, which asserts, with up to `runs` random inputs. */
export async function expectAlways<T extends unknown[]>(
  inputs: { [K in keyof T]: fc.Arbitrary<T[K]> },
  check: (...values: T) => unknown,
  runs = 1_000,
): Promise<void> {
  // fast-check's own limit leaves the last check running after the test has ended.
  let end = Infinity;
  const property = fc.asyncProperty(
    fc.tuple(...inputs) as fc.Arbitrary<unknown[]> as fc.Arbitrary<T>,
    async (values) => {
      if (performance.now() > end) return;
      await check(...values);
      if (end === Infinity) end = performance.now() + timeLimit;
    },
  );
  await fc.assert(property, { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) });
}

/** Text of these pieces, which are hard to parse, in random order with random characters between them. */
export function textOf(...pieces: readonly string[]): fc.Arbitrary<string> {
  const junk = fc.string({ unit: 'binary', maxLength: 4 });
  const piece = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, junk);
  return fc.array(piece, { maxLength: 30 }).map((parts) => parts.join(''));
}
