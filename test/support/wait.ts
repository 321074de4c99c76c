import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `condition` every 20 ms until it answers with something truthy, and returns that. After `ms` it throws, saying
 * `what` did not come about.
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
