// A collector for OpenTelemetry: an HTTP server that keeps what exporters send, decoded where they send JSON.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

export interface CollectedSpan {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
  /** 2: failed. */
  status: number;
  resource: Record<string, unknown>;
}

export interface CollectedMetric {
  name: string;
  kind: 'sum' | 'gauge' | 'histogram';
  points: { attributes: Record<string, unknown>; value: number; buckets?: number[] }[];
  resource: Record<string, unknown>;
}

export interface Collector {
  url: string;
  spans: CollectedSpan[];
  /** As exported last, by name. */
  metrics: Map<string, CollectedMetric>;
  requests: { path: string; headers: IncomingMessage['headers']; body: Buffer }[];
  named(name: string): CollectedSpan[];
  close(): Promise<void>;
}

interface Pair {
  key: string;
  value: Record<string, unknown>;
}
interface Point {
  attributes?: Pair[];
  asDouble?: number;
  asInt?: number | string;
  count?: number | string;
  bucketCounts?: (number | string)[];
}
interface Document {
  resourceSpans?: {
    resource: { attributes: Pair[] };
    scopeSpans: {
      spans: (Omit<CollectedSpan, 'attributes' | 'status' | 'resource'> & {
        attributes: Pair[];
        status?: { code?: number };
      })[];
    }[];
  }[];
  resourceMetrics?: {
    resource: { attributes: Pair[] };
    scopeMetrics: {
      metrics: ({ name: string } & Partial<Record<CollectedMetric['kind'], { dataPoints: Point[] }>>)[];
    }[];
  }[];
}

const read = (pairs: readonly Pair[] = []): Record<string, unknown> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));

function readSpans({ resourceSpans = [] }: Document): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        ...span,
        parentSpanId: span.parentSpanId ?? '',
        links: span.links ?? [],
        attributes: read(span.attributes),
        status: span.status?.code ?? 0,
        resource: read(resource.attributes),
      })),
  );
}

function readMetrics({ resourceMetrics = [] }: Document): CollectedMetric[] {
  return resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics
      .flatMap(({ metrics }) => metrics)
      .flatMap((metric) =>
        (['sum', 'gauge', 'histogram'] as const).flatMap((kind) => {
          const points = metric[kind]?.dataPoints;
          return points === undefined
            ? []
            : [
                {
                  name: metric.name,
                  kind,
                  points: points.map(readPoint),
                  resource: read(resource.attributes),
                },
              ];
        }),
      ),
  );
}

const readPoint = ({ attributes, asDouble, asInt, count, bucketCounts }: Point) => ({
  attributes: read(attributes),
  value: Number(asDouble ?? asInt ?? count),
  ...(bucketCounts === undefined ? {} : { buckets: bucketCounts.map(Number) }),
});

/** `hangs`: it takes requests, and never answers. */
export async function startCollector({ hangs = false } = {}): Promise<Collector> {
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const sent = await buffer(request);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    collector.requests.push({ path: request.url ?? '', headers: request.headers, body });
    if (hangs) return;
    if (request.headers['content-type'] === 'application/json') {
      const document = JSON.parse(body.toString()) as Document;
      collector.spans.push(...readSpans(document));
      for (const metric of readMetrics(document)) collector.metrics.set(metric.name, metric);
      response.setHeader('content-type', 'application/json').end('{}');
    } else response.setHeader('content-type', 'application/x-protobuf').end();
  };
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    metrics: new Map(),
    requests: [],
    named: (name) => collector.spans.filter((span) => span.name === name),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return collector;
}
