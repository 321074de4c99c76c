// What went wrong with mail to a reader, as a filter of lists. Pure.

/**
 * bounced, complained: the address is suppressed because of it. full, unavailable, refused: the mailbox was full, its
 * server was out of order, or refused the sender or the mail, in the last 30 days.
 */
export const readerProblems = ['bounced', 'complained', 'full', 'unavailable', 'refused'] as const;
export type ReaderProblem = (typeof readerProblems)[number];

/** Problems older than this are no filter any more; as many days count for the points of src/feedback. */
export const problemDays = 30;
