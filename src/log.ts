// Structured logs on stderr. Addresses and tokens never reach them: known fields are redacted by name, and what a URL
// or a message carries is masked by shape.
import { pino, type Logger } from 'pino';
import type { LogLevel } from './config/environment.js';

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
  return text
    .replaceAll(/[^\s<>"'@,;:()]+@([^\s<>"'@,;:()]+\.[^\s<>"'@,;:()]+)/g, '***@$1')
    .replaceAll(
      /\/(confirm|unsubscribe|preferences|address|readers|review|held|websub)\/[^\s/?#"']+/g,
      '/$1/***',
    )
    .replaceAll(/\bdd_[\w-]+/g, 'dd_***');
}

/** Every string below `value`, redacted; errors keep their type, message and stack. */
function redactErrors(error: Error): object {
  const { message, stack, name } = error;
  const code = (error as { code?: unknown }).code;
  return {
    type: name,
    message: redact(message),
    stack: redact(stack ?? ''),
    ...(code === undefined ? {} : { code }),
  };
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
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '***' },
      serializers: { err: redactErrors, error: redactErrors, url: (url: unknown) => redact(String(url)) },
      hooks: {
        logMethod(args, method) {
          method.apply(
            this,
            args.map((arg: unknown) => (typeof arg === 'string' ? redact(arg) : arg)) as typeof args,
          );
        },
      },
    },
    destination,
  );
}
