// Hands the metrics of /metrics to OpenTelemetry's reader, as a MetricProducer: the specification's way to bridge
// another library. So each metric has one definition (src/metrics.ts), one name and one meaning in both.
import { ValueType, type HrTime } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { MetricObjectWithValues, MetricValue, MetricValueWithName } from 'prom-client';

type Read = MetricObjectWithValues<MetricValue<string>>;
/** The metrics of this process, refreshed. */
export type ReadMetrics = () => Promise<readonly Read[]>;

interface Times {
  startTime: HrTime;
  endTime: HrTime;
}

export function metricProducer(resource: Resource, read: ReadMetrics): MetricProducer {
  const startTime = timeOf(performance.timeOrigin);
  return {
    async collect() {
      const metrics = await read();
      const times = { startTime, endTime: timeOf(Date.now()) };
      const data = metrics.flatMap((metric) => toMetricData(metric, times) ?? []);
      return {
        resourceMetrics: {
          resource,
          scopeMetrics: [{ scope: { name: 'daily-digest' }, metrics: data }],
        },
        errors: [],
      };
    },
  };
}

/** Undefined: nothing was measured yet. */
function toMetricData(metric: Read, times: Times): MetricData | undefined {
  const common = {
    descriptor: {
      name: metric.name,
      description: metric.help,
      // The names hold the units, as Prometheus has it. A unit of its own would be appended to them.
      unit: '',
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  // prom-client types the kind as an enumeration, and holds a word.
  switch (String(metric.type)) {
    case 'counter': {
      const dataPoints = pointsOf(metric, times);
      if (dataPoints.length === 0) return undefined;
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
    }
    case 'gauge': {
      const dataPoints = pointsOf(metric, times);
      return dataPoints.length === 0
        ? undefined
        : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
    }
    case 'histogram': {
      const dataPoints = histogramsOf(metric, times);
      return dataPoints.length === 0
        ? undefined
        : { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
    }
    default:
      // OpenTelemetry's SDK has no summaries, and we define none.
      return undefined;
  }
}

/** JSON has no NaN, which a gauge holds before its first measurement. */
const pointsOf = ({ values }: Read, times: Times): DataPoint<number>[] =>
  values
    .filter(({ value }) => Number.isFinite(value))
    .map(({ labels, value }) => ({ ...times, attributes: inWords(labels), value }));

interface Buckets {
  attributes: Record<string, string>;
  /** The upper bounds, and how many values are at or below each. */
  through: { bound: number; count: number }[];
  sum: number;
  count: number;
}

function histogramsOf({ name, values }: Read, times: Times): DataPoint<Histogram>[] {
  const found = new Map<string, Buckets>();
  for (const { labels, value, metricName } of values as MetricValueWithName<string>[]) {
    const { le, ...others } = labels;
    const attributes = inWords(others);
    const key = JSON.stringify(attributes);
    const one = found.get(key) ?? { attributes, through: [], sum: 0, count: 0 };
    found.set(key, one);
    if (metricName === `${name}_sum`) one.sum = value;
    else if (metricName === `${name}_count`) one.count = value;
    else if (Number.isFinite(Number(le))) one.through.push({ bound: Number(le), count: value });
  }
  return [...found.values()].map(({ attributes, through, sum, count }) => {
    const upTo = [0, ...through.map((bucket) => bucket.count), count];
    const counts = upTo.slice(1).map((most, at) => most - (upTo[at] ?? 0));
    const boundaries = through.map(({ bound }) => bound);
    return { ...times, attributes, value: { buckets: { boundaries, counts }, sum, count } };
  });
}

/** A label is a text in Prometheus, whatever it was set to. */
const inWords = (labels: MetricValue<string>['labels']): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, String(value)]));

/** Seconds and nanoseconds. */
function timeOf(milliseconds: number): HrTime {
  const seconds = Math.trunc(milliseconds / 1_000);
  return [seconds, Math.round((milliseconds - seconds * 1_000) * 1e6)];
}
