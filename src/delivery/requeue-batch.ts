// Re-queues a batch whose rest this worker may not claim, because other workers have the share of a provider
// or of the relays. The job is delayed, so that it does not go round without a pause.
import type { Db } from '../db.js';
import type { Relays } from '../mail/relays.js';
import type { Enqueue, Payload } from '../queues.js';
import type { DomainPace } from '../providers/domain-pace.js';
import { hasQueued } from './store-workers.js';

export interface HandOnDeps {
  db: Db;
  enqueue: Enqueue;
  relays: Pick<Relays, 'hasShare'>;
  domains: Pick<DomainPace, 'othersDomains'>;
}

type BatchJob = Omit<Payload<'deliveries'>, 'kind'>;

/**
 * The job that continues a batch. Four ids take turns: on a slow machine a job may take a second to end, and a job
 * whose id still exists is dropped.
 */
export function nextJob({ again = 0, ...batch }: BatchJob): Payload<'deliveries'> {
  const turn = (again + 1) % 4;
  return { kind: 'batch', ...batch, ...(turn === 0 ? {} : { again: turn }) };
}

/** Milliseconds. */
const moment = 500;

/** Call it when this worker has sent what it may of the batch. */
export async function handOnRest({ db, enqueue, relays, domains }: HandOnDeps, job: BatchJob): Promise<void> {
  const theirs = relays.hasShare() ? await domains.othersDomains() : 'any';
  if (theirs.length === 0 || !(await hasQueued(db, { ...job, domains: theirs }))) return;
  await enqueue('deliveries', nextJob(job), moment);
}
