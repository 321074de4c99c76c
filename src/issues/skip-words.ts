// Why an issue was skipped, as people read it. Pure.

const reasons: Readonly<Record<string, string>> = {
  'nothing-new': 'every reader has already had every post',
  'no-readers': 'the newsletter has no active readers',
  'no-postal-address': 'the newsletter has no postal address, which every e-mail must show',
  'not-reviewed': 'nobody approved it in time, so its posts come with the next issue',
};

/** The rest of a sentence that begins "Skipped:" or "Nothing was sent:", without its full stop. */
export function skipInWords(reason: string): string {
  return reasons[reason] ?? reason;
}
