// Starts the export of traces and metrics in a process, where the environment asks for it (src/config/telemetry.ts).
import type { Telemetry } from '../config/telemetry.js';
import type { Log } from '../log.js';
import type { ReadMetrics } from './metric-bridge.js';
import { setTracer } from './trace.js';

export interface RunningTelemetry {
  /** Exports the metrics of this process at each interval. Call it once at most. */
  exportMetrics(read: ReadMetrics): void;
  /** Exports what is left, and waits for it one second at most. Never throws. */
  stop(): Promise<void>;
}

/** Milliseconds. The parent kills a process ten seconds after its signal, and the drain of a worker takes seven. */
const patience = 1_000;

const nothing: RunningTelemetry = { exportMetrics: () => undefined, stop: async () => undefined };

/** `part` names the kind of process, and `instance` this one. */
export async function startTelemetry(
  config: Telemetry | undefined,
  about: { part: 'web' | 'worker'; instance: string; log: Log },
): Promise<RunningTelemetry> {
  if (config === undefined || (!config.traces && !config.metrics)) return nothing;
  // Not at the top of the file: 60 modules, which only those who ask for them shall pay for.
  const { openSdk } = await import('./sdk.js').catch((cause: unknown) => {
    throw new Error(
      'OTEL_EXPORTER_OTLP_ENDPOINT is set, but the optional packages @opentelemetry/… are not installed',
      { cause },
    );
  });
  const sdk = openSdk(config, about);
  setTracer(sdk.tracer);
  return {
    exportMetrics: sdk.exportMetrics,
    async stop() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, patience).unref());
      await Promise.race([sdk.close(), late]);
      setTracer(undefined);
    },
  };
}
