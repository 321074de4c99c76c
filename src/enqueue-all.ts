// Wakes workers for rows that a sweep found.
import type { Enqueue, Payload, QueueName } from './queues.js';

/**
 * Enqueues the payloads in order, and returns how many the queue took. It stops at the first that the queue does not
 * take: a queue that is down needs two seconds to say so, and the next sweep finds the rest.
 */
export async function enqueueAll<Q extends QueueName>(
  enqueue: Enqueue,
  queue: Q,
  payloads: Iterable<Payload<Q>>,
): Promise<number> {
  let taken = 0;
  for (const payload of payloads) {
    if (!(await enqueue(queue, payload))) break;
    taken += 1;
  }
  return taken;
}
