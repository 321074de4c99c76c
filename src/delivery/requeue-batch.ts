// Re-queues a batch whose rest this worker may not claim, because other workers have the share of a provider
// or of the relays. The job is delayed, so that it does not go round without a pause.
import type { Db } from '../db.js';
import type { Relays } from '../mail/relays.js';
import type { Enqueue } from '../queues.js';
import type { DomainPace } from './domain-pace.js';
import { hasQueued } from './store-workers.js';

export interface HandOnDeps {
  db: Db;
  enqueue: Enqueue;
  relays: Pick<Relays, 'hasShare'>;
  domains: Pick<DomainPace, 'othersDomains'>;
}

/** Milliseconds. */
const moment = 500;

/** Call it when this worker has sent what it may of the batch. */
export async function handOnRest(
  { db, enqueue, relays, domains }: HandOnDeps,
  { again, ...batch }: { issueId: string; batch: number; again?: true | undefined },
): Promise<void> {
  const theirs = relays.hasShare() ? await domains.othersDomains() : 'any';
  if (theirs.length === 0 || !(await hasQueued(db, { ...batch, domains: theirs }))) return;
  await enqueue('deliveries', { kind: 'batch', ...batch, ...(again ? {} : { again: true }) }, moment);
}
