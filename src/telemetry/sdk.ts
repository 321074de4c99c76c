// OpenTelemetry's SDK, behind the functions of trace.ts. Only start.ts imports this file, and only where a collector is
// configured. The SDK and its exporters read the variables of the specification: address, headers, sampler, limits.
//
// A collector that is away costs nothing but memory that is bounded: a batch of spans waits in a queue of 2,048
// (OTEL_BSP_MAX_QUEUE_SIZE), and what does not fit is dropped.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import {
  context,
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type DiagLogger,
  type Span,
  type SpanContext,
  type Tracer as OtelTracer,
} from '@opentelemetry/api';
import { OTLPMetricExporter as JsonMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { packageRoot } from '../config/environment.js';
import type { Telemetry } from '../config/telemetry.js';
import { minute } from '../durations.js';
import { errorCode } from '../error-code.js';
import type { Log } from '../log.js';
import { metricProducer, type ReadMetrics } from './metric-bridge.js';
import { isTraceparent, type CurrentSpan, type SpanOptions, type Tracer } from './trace.js';

interface About {
  part: string;
  instance: string;
  log: Log;
}

export interface Sdk {
  tracer: Tracer | undefined;
  exportMetrics(read: ReadMetrics): void;
  /** Exports what waits, and ends. Never throws. */
  close(): Promise<void>;
}

export function openSdk({ traces, metrics }: Telemetry, about: About): Sdk {
  diag.setLogger(quietly(about.log), DiagLogLevel.WARN);
  const resource = describe(about);
  const closing: (() => Promise<void>)[] = [];
  let tracer: Tracer | undefined;
  if (traces) {
    const exporter = traces.protocol === 'http/json' ? new JsonTraceExporter() : new ProtobufTraceExporter();
    const provider = new NodeTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
    provider.register({ propagator: null });
    tracer = openTracer(provider.getTracer('daily-digest'));
    closing.push(() => provider.shutdown());
  }
  return {
    tracer,
    exportMetrics(read) {
      if (!metrics) return;
      const reader = new PeriodicExportingMetricReader({
        exporter: metrics.protocol === 'http/json' ? new JsonMetricExporter() : new ProtobufMetricExporter(),
        exportIntervalMillis: metrics.everyMs,
        metricProducers: [metricProducer(resource, read)],
      });
      const provider = new MeterProvider({ resource, readers: [reader] });
      closing.push(() => provider.shutdown());
    },
    async close() {
      await Promise.allSettled(closing.map((close) => close()));
      for (const part of [trace, context, diag]) part.disable();
    },
  };
}

/** Who exports. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come last, so that they override. */
function describe({ part, instance }: About): Resource {
  const { version } = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as {
    version: string;
  };
  const own = resourceFromAttributes({
    'service.name': 'daily-digest',
    'service.version': version,
    'service.instance.id': instance,
    'host.name': hostname(),
    'process.pid': process.pid,
    'digest.process': part,
  });
  return defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }));
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

function openTracer(tracer: OtelTracer): Tracer {
  const current = (): SpanContext | undefined => trace.getSpan(context.active())?.spanContext();
  return {
    async run(name, { kind, attributes, parent }, work) {
      const under = contextOf(parent);
      const options = {
        kind: kind === undefined ? SpanKind.INTERNAL : kinds[kind],
        ...(attributes === undefined ? {} : { attributes }),
      };
      const span = tracer.startSpan(name, options, under);
      try {
        return await context.with(trace.setSpan(under, span), () => work(handleOf(span)));
      } catch (error) {
        fail(span, errorCode(error) || (error instanceof Error ? error.name : 'unknown'));
        throw error;
      } finally {
        span.end();
      }
    },
    within: (traceparent, work) => context.with(contextOf(traceparent), work),
    traceparent() {
      const found = current();
      if (found === undefined) return undefined;
      const isSampled = (found.traceFlags & TraceFlags.SAMPLED) !== 0;
      return `00-${found.traceId}-${found.spanId}-${isSampled ? '01' : '00'}`;
    },
    ids() {
      const found = current();
      return found && { trace_id: found.traceId, span_id: found.spanId };
    },
    link(traceparents) {
      const span = trace.getSpan(context.active());
      for (const traceparent of traceparents) {
        const linked = readTraceparent(traceparent);
        if (linked) span?.addLink({ context: linked });
      }
    },
  };
}

/** See `parent` of SpanOptions. */
function contextOf(parent: SpanOptions['parent']): Context {
  if (parent === undefined) return context.active();
  const remote = parent === null ? undefined : readTraceparent(parent);
  return remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote);
}

function readTraceparent(text: string): SpanContext | undefined {
  if (!isTraceparent(text)) return undefined;
  const [, traceId = '', spanId = '', flags = ''] = text.split('-');
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

/** Without the error's message, which may quote an address. The log has it, with the ids of the trace. */
function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

const handleOf = (span: Span): CurrentSpan => ({
  note: (attributes) => void span.setAttributes(attributes),
  rename: (name) => void span.updateName(name),
  fail: (type) => fail(span, type),
});

const quietTime = 10 * minute;

/** A collector that is away is mentioned now and then: it stops nothing. */
function quietly(log: Log): DiagLogger {
  let quietUntil = -Infinity;
  const say = (text: string): void => {
    const level = performance.now() < quietUntil ? 'debug' : 'warn';
    if (level === 'warn') quietUntil = performance.now() + quietTime;
    log[level]({ detail: inShort(text) }, 'telemetry: trouble with the export; nothing waits for it');
  };
  const ignore = () => undefined;
  return { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore };
}

/** The SDK reports an error as JSON with its stack. */
function inShort(text: string): string {
  try {
    const { message } = Object(JSON.parse(text)) as { message?: unknown };
    return (typeof message === 'string' ? message : text).slice(0, 500);
  } catch {
    return text.slice(0, 500);
  }
}
