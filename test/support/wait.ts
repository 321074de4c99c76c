// Waits for a condition in place of a fixed time.
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls `condition` every 20 ms and returns its first truthy result. After `ms` it throws an error that names
 * `what`.
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  ms = 10_000,
  what = 'the condition',
): Promise<NonNullable<T>> {
  const end = performance.now() + ms;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await delay(20);
  }
}
