// The counts of an issue by state. Pure.

export const deliveryStates = [
  'queued',
  'sending',
  'accepted',
  'deferred',
  'refused',
  'uncertain',
  'bounced',
  'complained',
  'excluded',
] as const;

export type DeliveryState = (typeof deliveryStates)[number];

export type StateCounts = Partial<Record<DeliveryState, number>>;

export interface IssueCounts {
  candidates: number;
  excluded: number;
  queued: number;
  sending: number;
  accepted: number;
  deferred: number;
  refused: number;
  uncertain: number;
  bounced: number;
  complained: number;
}

/** Readers excluded at the fan-out are numbers of the issue; those excluded later are deliveries. */
export function issueCounts(
  issue: { candidates: number | null; excluded: Record<string, number> },
  states: StateCounts,
): IssueCounts {
  const atFanOut = Object.values(issue.excluded).reduce((sum, count) => sum + count, 0);
  return {
    candidates: issue.candidates ?? 0,
    excluded: atFanOut + (states.excluded ?? 0),
    queued: states.queued ?? 0,
    sending: states.sending ?? 0,
    accepted: states.accepted ?? 0,
    deferred: states.deferred ?? 0,
    refused: states.refused ?? 0,
    uncertain: states.uncertain ?? 0,
    bounced: states.bounced ?? 0,
    complained: states.complained ?? 0,
  };
}

/** No reader is silently missed: every candidate is in one state, or excluded for a reason. */
export function sumsAgree({ candidates, ...rest }: IssueCounts): boolean {
  return candidates === Object.values(rest).reduce((sum, count) => sum + count, 0);
}
