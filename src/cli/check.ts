// One line of doctor's report. Pure.

export interface Check {
  check: string;
  /** warn: it works, but needs attention. */
  result: 'ok' | 'warn' | 'fail';
  detail: string;
}

const made =
  (result: Check['result']) =>
  (check: string, detail: string): Check => ({ check, result, detail });

export const checks = { ok: made('ok'), warn: made('warn'), fail: made('fail') };

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message || error.name : String(error);
