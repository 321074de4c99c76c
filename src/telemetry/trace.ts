// What the rest of the program knows of tracing: spans around the steps that an operator follows. Until start.ts
// supplies a tracer, each function only calls the work, and no library is loaded.
//
// An attribute holds ids, counts and states. It never holds an address, a name, a token or an error's message.

type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  kind?: 'server' | 'client' | 'producer' | 'consumer';
  attributes?: Attributes;
  /** The traceparent of the span that caused this one; null: this span begins a trace. Undefined: the current one. */
  parent?: string | null | undefined;
}

/** The span of the work that is running. */
export interface CurrentSpan {
  note(attributes: Attributes): void;
  rename(name: string): void;
  /** Marks the span as failed. `type` is a stable code. */
  fail(type: string): void;
}

export interface Tracer {
  run<T>(name: string, options: SpanOptions, work: (span: CurrentSpan) => Promise<T>): Promise<T>;
  /** Runs `work` as part of another trace, or of none (null), without a span of its own. */
  within<T>(traceparent: string | null, work: () => Promise<T>): Promise<T>;
  /** W3C Trace Context, version 00. Undefined: there is no span. */
  traceparent(): string | undefined;
  ids(): { trace_id: string; span_id: string } | undefined;
  link(traceparents: readonly string[]): void;
}

const ignored: CurrentSpan = {
  note: () => undefined,
  rename: () => undefined,
  fail: () => undefined,
};

let tracer: Tracer | undefined;

/** Undefined ends the tracing. */
export function setTracer(supplied: Tracer | undefined): void {
  tracer = supplied;
}

/** Runs `work` in a span, which begins a trace if there is none. */
export function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: CurrentSpan) => Promise<T>,
): Promise<T> {
  return tracer === undefined ? work(ignored) : tracer.run(name, options, work);
}

/** Runs `work` in a span of the trace that is under way. Without one there is no span. */
export function inStep<T>(
  name: string,
  attributes: Attributes,
  work: (span: CurrentSpan) => Promise<T>,
  kind?: SpanOptions['kind'],
): Promise<T> {
  if (tracer?.ids() === undefined) return work(ignored);
  return tracer.run(name, { attributes, ...(kind === undefined ? {} : { kind }) }, work);
}

/** Runs `work` as part of the trace that `traceparent` names; undefined: outside of every trace. */
export function withinTrace<T>(traceparent: string | undefined, work: () => Promise<T>): Promise<T> {
  return tracer === undefined ? work() : tracer.within(traceparent ?? null, work);
}

/** The current span, for what is caused by it elsewhere. Its last part tells whether it is recorded. */
export const currentTraceparent = (): string | undefined => tracer?.traceparent();

/** The current span, for a line of the log. */
export const currentTraceIds = (): { trace_id: string; span_id: string } | undefined => tracer?.ids();

/** Says that the current span follows from spans of other traces. */
export const linkCurrentSpan = (traceparents: readonly string[]): void => tracer?.link(traceparents);

/** False: the sampler left the span out, so a link to it leads nowhere. */
export const isRecorded = (traceparent: string): boolean => traceparent.endsWith('-01');

/** The form that we write: version 00, and ids that are not zero. */
export const isTraceparent = (text: unknown): text is string =>
  typeof text === 'string' && /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/.test(text);
