// A check of a relay as the CLI prints it.
import { inEnglish } from '../../src/languages/translate.js';
import type { RelayCheck } from '../../src/mail/check-relay.js';

export function checkInEnglish(check: RelayCheck): {
  ok: boolean;
  secure?: boolean;
  remarks?: string[];
  reason?: string;
} {
  if (!check.ok) return { ok: false, reason: inEnglish(check.reason) };
  const { remarks, ...rest } = check;
  return { ...rest, ...(remarks && { remarks: remarks.map((remark) => inEnglish(remark)) }) };
}
