// Why an address is suppressed, as an admin reads it. Pure.

/** By the reason that the row holds. Each completes "This address gets no mail: …". */
export const suppressionWords: Readonly<Record<string, string>> = {
  manual: 'an admin suppressed it',
  bounce: 'mail to it bounced',
  complaint: 'its reader reported mail as spam',
  erasure: 'its reader had their data erased',
  imported: 'it was suppressed in an imported list',
};

export const suppressionInWords = (reason: string): string => suppressionWords[reason] ?? 'it is suppressed';
