// What a measurement gets, and what it returns.
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
  /** Says what is being done. */
  say: (text: string) => void;
}

export type Measurement = (setting: Setting) => Promise<Figure[]>;
