// The deliveries queue: one job is one batch of one issue.
import { sendBatch, type SendDeps } from '../src/delivery/send-batch.js';
import type { Payload } from '../src/queues.js';

export function deliveriesWorker(deps: SendDeps) {
  return ({ issueId, batch, again }: Payload<'deliveries'>): Promise<void> =>
    sendBatch(deps, { issueId, batch, again });
}
