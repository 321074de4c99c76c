// What each public page (templates/pages) is filled with. The newsletter is named on every page that belongs to one,
// so that a reader knows whose question they are answering.

export interface PageNewsletter {
  name: string;
  slug: string;
  language: string;
  siteUrl?: string;
  postalAddress?: string;
}

export interface PageIssue {
  subject: string;
  /** When it went out. */
  at: Date | string;
  /** Where it can be read, if it can. */
  url?: string;
}

export interface PageViews {
  /** GET / when there are several newsletters, or none. */
  index: { newsletters: { name: string; slug: string; when: string }[] };
  /** GET /n/:slug. After a bad POST the same page again with the problem and what was typed. */
  newsletter: {
    newsletter: PageNewsletter;
    /** "Every weekday at 07:00, Berlin time": scheduleInWords in src/newsletters/schedule-words.ts. */
    when: string;
    timezone: string;
    /** What the reader agrees to by subscribing, as the consent record quotes it. */
    wording: string;
    /** Sent with the form, so that the consent record quotes the words that were shown. */
    wordingVersion: string;
    /** The newest first. */
    issues: PageIssue[];
    problem?: string;
    email?: string;
    /** The reader's name, as typed. */
    readerName?: string;
  };
  /** The answer to every valid address, whatever its state. */
  'check-inbox': { newsletter: PageNewsletter; email: string };
  /** GET /confirm/:token: a button and nothing else happens. */
  confirm: { newsletter: PageNewsletter; email: string; wording: string };
  /** POST /confirm/:token. */
  confirmed: { newsletter: PageNewsletter; email: string; when: string };
  /** A link that is unknown, used up or too old. With the newsletter, the page offers to subscribe again. */
  'link-invalid': { reason: 'unknown' | 'expired'; newsletter?: PageNewsletter };
  /** GET /unsubscribe/:token: a button and nothing else happens. */
  unsubscribe: { newsletter: PageNewsletter; email: string };
  /** POST /unsubscribe/:token, and GET when it has happened already. */
  unsubscribed: { newsletter: PageNewsletter; email: string; already: boolean };
  /** Anything that went wrong, in words. */
  error: { status: number; title: string; detail: string };
  'too-many': { retryAfterSeconds: number };
}
