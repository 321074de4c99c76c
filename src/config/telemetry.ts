// OTEL_…, for environment.ts: where traces and metrics go. The names and their meaning are those of OpenTelemetry's
// specification. The exporters read the same variables themselves, and more of them: this file decides whether
// there is anything to load, and refuses what they would only mention in passing. Pure.
import { readInteger, readUrl, wrong } from './values.js';

export interface Telemetry {
  /** Undefined: no traces. */
  traces?: { protocol: OtlpProtocol };
  /** Undefined: no metrics. */
  metrics?: { protocol: OtlpProtocol; everyMs: number };
}

const protocols = ['http/protobuf', 'http/json'] as const;
export type OtlpProtocol = (typeof protocols)[number];

type Environment = Readonly<Record<string, string | undefined>>;

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
const exporters = ['otlp', 'none'] as const;

/** Undefined: nothing is exported, and no library is loaded for it. */
export function readTelemetry(env: Environment): Telemetry | undefined {
  const disabled = oneOf('OTEL_SDK_DISABLED', (env['OTEL_SDK_DISABLED'] ?? 'false').toLowerCase(), [
    'true',
    'false',
  ]);
  if (disabled === 'true') return undefined;
  const shared = readEndpoint('OTEL_EXPORTER_OTLP_ENDPOINT', env['OTEL_EXPORTER_OTLP_ENDPOINT']);
  const forTraces = readEndpoint(
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
  );
  const forMetrics = readEndpoint(
    'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
    env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'],
  );
  // A machine may set the other variables for all its programs.
  if (!shared && !forTraces && !forMetrics) return undefined;
  checkDescription(env);
  const traces = readTraces(env);
  const metrics = readMetrics(env);
  return {
    ...(traces && (shared || forTraces) ? { traces } : {}),
    ...(metrics && (shared || forMetrics) ? { metrics } : {}),
  };
}

function readEndpoint(variable: string, text: string | undefined): boolean {
  if (text === undefined) return false;
  const wanted = 'the http: or https: address of a collector, such as http://localhost:4318';
  readUrl(variable, text, ['http:', 'https:'], wanted);
  return true;
}

/** What says who we are, and how the collector knows us. */
function checkDescription(env: Environment): void {
  const name = env['OTEL_SERVICE_NAME'];
  // eslint-disable-next-line no-control-regex
  if (name !== undefined && (name.trim() !== name || name.length > 255 || /[\x00-\x1f\x7f]/.test(name)))
    wrong('OTEL_SERVICE_NAME', name, 'up to 255 characters in one line, without blanks around it');
  const pairs = { held: (text: string) => text, wanted: 'key=value pairs, separated by commas' };
  checkPairs('OTEL_RESOURCE_ATTRIBUTES', env['OTEL_RESOURCE_ATTRIBUTES'], pairs);
  const secret = {
    held: () => '***',
    wanted: 'name=value pairs, separated by commas and encoded as in URLs',
  };
  checkPairs('OTEL_EXPORTER_OTLP_HEADERS', env['OTEL_EXPORTER_OTLP_HEADERS'], secret);
  checkPairs('OTEL_EXPORTER_OTLP_TRACES_HEADERS', env['OTEL_EXPORTER_OTLP_TRACES_HEADERS'], secret);
  checkPairs('OTEL_EXPORTER_OTLP_METRICS_HEADERS', env['OTEL_EXPORTER_OTLP_METRICS_HEADERS'], secret);
}

function readTraces(env: Environment): Telemetry['traces'] {
  const shared = env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  const own = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'];
  const protocol = readProtocol(
    ['OTEL_EXPORTER_OTLP_PROTOCOL', shared],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', own],
  );
  const sampler = env['OTEL_TRACES_SAMPLER'];
  if (sampler !== undefined) oneOf('OTEL_TRACES_SAMPLER', sampler, samplers);
  const share = env['OTEL_TRACES_SAMPLER_ARG'];
  if (share !== undefined && !/^(0|1|0?\.\d{1,9}|1\.0{1,9}|0\.\d{1,9})$/.test(share))
    wrong('OTEL_TRACES_SAMPLER_ARG', share, 'a share from 0 to 1, such as 0.1');
  return readExporter('OTEL_TRACES_EXPORTER', env['OTEL_TRACES_EXPORTER']) ? { protocol } : undefined;
}

function readMetrics(env: Environment): Telemetry['metrics'] {
  const shared = env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  const own = env['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL'];
  const protocol = readProtocol(
    ['OTEL_EXPORTER_OTLP_PROTOCOL', shared],
    ['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL', own],
  );
  const everyMs = readInteger(
    'OTEL_METRIC_EXPORT_INTERVAL',
    env['OTEL_METRIC_EXPORT_INTERVAL'] ?? '60000',
    100,
    86_400_000,
  );
  return readExporter('OTEL_METRICS_EXPORTER', env['OTEL_METRICS_EXPORTER'])
    ? { protocol, everyMs }
    : undefined;
}

type Given = readonly [variable: string, text: string | undefined];

function readProtocol(shared: Given, own: Given): OtlpProtocol {
  const read = ([variable, text]: Given) =>
    text === undefined ? undefined : oneOf(variable, text, protocols);
  // Both are judged, also where one overrides the other.
  const [ofAll, ofSignal] = [read(shared), read(own)];
  return ofSignal ?? ofAll ?? 'http/protobuf';
}

const readExporter = (variable: string, text: string | undefined): boolean =>
  text === undefined || oneOf(variable, text, exporters) === 'otlp';

function oneOf<Value extends string>(variable: string, text: string, values: readonly Value[]): Value {
  return values.find((value) => value === text) ?? wrong(variable, text, `one of ${values.join(', ')}`);
}

function checkPairs(
  variable: string,
  text: string | undefined,
  { held, wanted }: { held: (text: string) => string; wanted: string },
): void {
  for (const pair of text?.split(',') ?? [])
    if (!/^\s*[^\s=,;"]+\s*=\s*[^\s,;"][^,;"]*$/.test(pair) || !isEncoded(pair))
      wrong(variable, held(text ?? ''), wanted);
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
