// The deliveries queue: one job is one batch of one issue.
import { handOnRest, type HandOnDeps } from '../src/delivery/requeue-batch.js';
import { sendBatch, type SendDeps } from '../src/delivery/send-batch.js';
import type { Payload } from '../src/queues.js';

export function deliveriesWorker(deps: SendDeps & HandOnDeps) {
  return async (batch: Payload<'deliveries'>): Promise<void> => {
    await sendBatch(deps, batch);
    if (!deps.stopping()) await handOnRest(deps, batch);
  };
}
