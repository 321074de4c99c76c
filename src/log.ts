// Structured logs on stderr. They must never contain addresses or tokens: known fields are redacted by name,
// and patterns mask the addresses and tokens in URLs and messages.
import { inspect } from 'node:util';
import { pino, type Logger } from 'pino';
import type { LogLevel } from './config/environment.js';
import { currentTraceIds } from './telemetry/trace.js';
import { maskTokens } from './text/mask-tokens.js';

export type Log = Logger;

const secretFields = [
  'email',
  'address',
  'to',
  'token',
  'password',
  'authorization',
  'cookie',
  'apiKey',
  'secret',
];

/** The text with e-mail addresses, link tokens and API keys masked. */
export function redact(text: string): string {
  // The lookbehind keeps this linear: without it, a long word is searched again from each of its letters.
  return maskTokens(text).replaceAll(
    /(?<![^\s<>"'@,;:()])[^\s<>"'@,;:()]+@([^\s<>"'@,;:()]+\.[^\s<>"'@,;:()]+)/g,
    '***@$1',
  );
}

/**
 * The form in which a line shows `err` and `error`, with secrets masked. Callers log texts, rejected values
 * of any type and objects that throw when they are read: none of them may break the caller.
 */
function describeError(error: unknown): unknown {
  try {
    if (!(error instanceof Error)) return typeof error === 'string' ? redact(error) : describeValue(error);
    const { message, stack, name } = error;
    const code: unknown = (error as { code?: unknown }).code;
    return {
      type: name,
      message: maskedText(message),
      stack: maskedText(stack ?? ''),
      ...(code === undefined ? {} : { code }),
    };
  } catch {
    return unreadable;
  }
}

const unreadable = 'an error that cannot be read';

const describeUrl = (url: unknown): string => (typeof url === 'string' ? redact(url) : describeValue(url));

/** Converts first, because an error's message may be a number. */
const maskedText = (value: unknown): string => redact(String(value));

const describeValue = (value: unknown): string =>
  redact(inspect(value, { depth: 2, breakLength: Infinity, maxStringLength: 1_000 }));

/** If the fields cannot be written, writes a line that says so. */
function writeSafely(
  write: () => void,
  writeInstead: (message: string) => void,
  args: readonly unknown[],
): void {
  try {
    write();
  } catch {
    const message = args.find((arg) => typeof arg === 'string');
    writeInstead(`${message ?? 'log'} (its fields cannot be written)`);
  }
}

export function createLog(
  level: LogLevel,
  name: string,
  destination: NodeJS.WritableStream = process.stderr,
): Log {
  return pino(
    {
      level,
      base: { name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => currentTraceIds() ?? {},
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '***' },
      serializers: { err: describeError, error: describeError, url: describeUrl },
      hooks: {
        logMethod(args, method) {
          const masked = args.map((arg: unknown) => (typeof arg === 'string' ? redact(arg) : arg));
          writeSafely(
            () => method.apply(this, masked as typeof args),
            (message) => method.call(this, message),
            masked,
          );
        },
      },
    },
    destination,
  );
}
