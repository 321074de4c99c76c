// Shortens a mail to what the inbox keeps. Some servers put a large page for people before the report, so the end
// of the mail is not simply cut off. Pure.

/** Octets of a mail that are kept. */
export const mostKept = 65_536;
const keptOfStart = 24_576;

const reportPart =
  /\n--[^\r\n]{1,200}\r?\n(?:[\w-]+:[^\n]*\n|[ \t]+[^\n]*\n){0,20}?content-type:[ \t]*message\/(?:global-)?(?:delivery-status|feedback-report)/i;

/** The first octets, and the report from the boundary before it. */
export function condense(raw: Buffer): Buffer {
  if (raw.length <= mostKept) return raw;
  const at = raw.toString('latin1').search(reportPart);
  if (at < keptOfStart) return raw.subarray(0, mostKept);
  return Buffer.concat([raw.subarray(0, keptOfStart), raw.subarray(at, at + mostKept - keptOfStart)]);
}
