// Deliveries as the API shows them.
import type { Db } from '../db.js';
import { eventsAbout, type EventRow } from '../feedback/events.js';
import { isId } from '../ids.js';
import {
  type AttemptRow,
  type DeliveryRow,
  selectAttempts,
  selectDeliveries,
  selectDeliveriesOf,
  selectDelivery,
} from '../delivery/ledger.js';
import type { DeliveryState } from '../delivery/counts.js';

export interface DeliveryView extends Omit<DeliveryRow, 'address'> {
  id: string;
  /** null: the subscriber was erased. */
  email: string | null;
}

function view({ address, ...row }: DeliveryRow): DeliveryView {
  return { id: `${row.issueId}-${row.subscriberId}`, ...row, email: address };
}

/**
 * Those after the subscriber `after`: the queued ones by batch, the others by subscriber. `next`: the subscriber after whom
 * others may follow; a page of a state that few of very many deliveries have may be short, and have one all the same.
 */
export async function listDeliveries(
  db: Db,
  query: {
    issueId: string;
    state?: DeliveryState | undefined;
    after?: string | undefined;
    limit: number;
  },
): Promise<{ data: DeliveryView[]; next: string | null }> {
  const { rows, lookedTo } = await selectDeliveries(db, {
    issueId: query.issueId,
    state: query.state ?? null,
    after: query.after ?? '0',
    limit: query.limit + 1,
  });
  const data = rows.slice(0, query.limit).map(view);
  return { data, next: rows.length > query.limit ? (data.at(-1)?.subscriberId ?? null) : lookedTo };
}

/** Those of these subscribers who have one, in any order. */
export async function deliveriesOf(
  db: Db,
  { issueId, subscriberIds }: { issueId: string; subscriberIds: readonly string[] },
): Promise<DeliveryView[]> {
  return (await selectDeliveriesOf(db, issueId, subscriberIds)).map(view);
}

export interface DeliveryDetail extends DeliveryView {
  /** Every try that was not accepted, with the relay's reply. The acceptance is the delivery's own reply. */
  tries: AttemptRow[];
  /** What came back, the oldest first. */
  events: EventRow[];
}

/** One delivery with what the relay said each time, or undefined. `id` is "issue-subscriber". */
export async function getDelivery(db: Db, id: string): Promise<DeliveryDetail | undefined> {
  const [issueId = '', subscriberId = '', ...rest] = id.split('-');
  if (!isId(issueId) || !isId(subscriberId) || rest.length > 0) return undefined;
  const row = await selectDelivery(db, issueId, subscriberId);
  if (row === undefined) return undefined;
  const { variantId: _variant, subscriptionId: _subscription, ...delivery } = row;
  return {
    ...view(delivery),
    tries: await selectAttempts(db, issueId, subscriberId),
    events: await eventsAbout(db, { issueId, subscriberId }),
  };
}
