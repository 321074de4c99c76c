// The form of the rows in reply-rows.ts. Pure.

/** What a reply means: the kinds that an answer of a mail server can have. */
export type ReplyKind =
  | 'hard' // the address does not exist
  | 'full' // the mailbox has no room
  | 'unavailable' // the mailbox or its server takes nothing now
  | 'policy' // the receiver refuses this sender or its address
  | 'content' // the receiver takes the message for spam or worse
  | 'size' // the message is too large
  | 'auth' // this sender may not use the relay or the address, or is not authenticated
  | 'throttled' // too much, too fast, too many connections
  | 'unknown';

/**
 * Whom a reply is about.
 *   reader    the mailbox
 *   message   this message: the reader keeps the subscription, the message is refused
 *   sender    our address or domain: no reader is at fault, and a provider may judge it differently
 *   provider  the rate of our mail to one mailbox provider
 *   relay     our account at the relay, or the relay itself: the same for all readers
 */
export type About = 'reader' | 'message' | 'sender' | 'provider' | 'relay';

export interface ReplyRow {
  kind: Exclude<ReplyKind, 'unknown'>;
  about: About;
  /** The first digit of the reply's code. Undefined: 4 and 5. */
  family?: 4 | 5;
  /**
   * The row counts only where the reply has no status code of RFC 3463 that tells more.
   *   general   no status, or one such as 5.0.0
   *   host      the same, or a status about the host: 5.4.x
   */
  where?: 'general' | 'host';
  /** The row does not count for an answer to the message itself, which says little about the mailbox. */
  notAfterData?: true;
  pattern: RegExp;
  /** The servers that are known to say so. */
  server: string;
  /** Where that is documented, or what was observed. */
  origin: string;
  /** A reply of this kind, as a test. */
  example: string;
}
