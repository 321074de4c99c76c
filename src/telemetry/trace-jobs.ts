// The spans of jobs: one around the enqueue, one around the job. The job's data carries the first one's traceparent,
// so that the second is its child in another process.
import { currentTraceparent, inSpan, inStep, isTraceparent } from './trace.js';

/**
 * The kinds of jobs that have spans: the steps from a request to its mail, and from a feed to the readers.
 * 'continues': the job belongs to the trace that enqueued it. 'begins': a trace of its own. A batch has thousands of
 * readers, and an issue thousands of batches, so each batch is a trace that links to its issue's.
 */
const traced: Readonly<Record<string, 'continues' | 'begins'>> = {
  'subscriptions confirm': 'continues',
  'subscriptions remind': 'continues',
  'subscriptions tell': 'continues',
  'subscriptions welcome': 'continues',
  'subscriptions address': 'continues',
  'feeds poll': 'continues',
  'issues plan': 'begins',
  'issues assemble': 'continues',
  'deliveries batch': 'begins',
};

interface JobPayload {
  kind: string;
}

/** Calls `add` with what the queue is to keep. */
export function inTracedEnqueue<T>(
  queue: string,
  payload: JobPayload,
  add: (data: object) => Promise<T>,
): Promise<T> {
  const how = traced[`${queue} ${payload.kind}`];
  if (how === undefined) return add(payload);
  return inStep(
    `enqueue ${queue} ${payload.kind}`,
    attributesOf(queue, payload),
    () => {
      const traceparent = how === 'continues' ? currentTraceparent() : undefined;
      return add(traceparent === undefined ? payload : { ...payload, traceparent });
    },
    'producer',
  );
}

/** `data` is the job as the queue kept it: `payload` is its checked part. */
export function inTracedJob<T>(
  queue: string,
  payload: JobPayload,
  data: unknown,
  work: () => Promise<T>,
): Promise<T> {
  const how = traced[`${queue} ${payload.kind}`];
  if (how === undefined) return work();
  const { traceparent } = Object(data) as { traceparent?: unknown };
  return inSpan(
    `job ${queue} ${payload.kind}`,
    {
      kind: 'consumer',
      attributes: attributesOf(queue, payload),
      parent: how === 'continues' && isTraceparent(traceparent) ? traceparent : null,
    },
    work,
  );
}

/** The ids of the payload: {issueId: '7'} is digest.issue_id. */
function attributesOf(queue: string, { kind, ...ids }: JobPayload): Record<string, string | number> {
  const named = Object.entries(ids as Record<string, string | number | undefined>).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [[`digest.${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`, value] as const],
  );
  return { 'messaging.destination.name': queue, 'digest.job': kind, ...Object.fromEntries(named) };
}
