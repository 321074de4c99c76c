// The type of a measurement: its input and its result.
import type { Digest } from './digest.js';
import type { Figure } from './figure.js';
import type { Options } from './options.js';
import type { Servers } from './servers.js';
import type { Sink } from './sink.js';

export interface Setting {
  options: Options;
  servers: Servers;
  sink: Sink;
  digest: Digest;
  /** Prints one line of progress. */
  say: (text: string) => void;
}

export type Measurement = (setting: Setting) => Promise<Figure[]>;
