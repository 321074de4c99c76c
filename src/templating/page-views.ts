// The view of each public page (templates/pages). Every page of a newsletter names it, so that readers know
// whose question they answer.

export interface PageNewsletter {
  name: string;
  slug: string;
  language: string;
  siteUrl?: string;
  privacyUrl?: string;
  postalAddress?: string;
  /** True: the newsletter has a public archive. */
  archive?: boolean;
  /** Brand in src/newsletters/brand.ts. */
  brand?: { style?: string; logo?: { url: string; width: number; height: number } };
}

export interface PageIssue {
  subject: string;
  /** When the issue went out. */
  at: Date | string;
  /** The issue's page in the archive, if it has one. */
  url?: string;
}

/** The text that the reader agrees to by subscribing. */
interface Consent {
  wording: string;
  /** The form sends it back, so that the consent record quotes the text that was shown. */
  wordingVersion: string;
}

interface PageImage {
  url: string;
  alt: string;
  /** CSS pixels. */
  width: number;
  height?: number;
}

/** A post of an issue; PostView in src/digest/digest-view.ts. */
export interface PagePost {
  title: string;
  listTitle: string;
  untitled: boolean;
  host?: string;
  /** Written from right to left, as most of its letters say. */
  against: boolean;
  shortTitle: string;
  url?: string;
  author?: string;
  excerpt?: string;
  /** Sanitised, without styles of its own. */
  bodyHtml?: string;
  media?: { url: string; words: string };
  commentCount?: number;
  commentsUrl?: string;
  source?: string;
  lead: boolean;
  readOn: boolean;
  byline: boolean;
  picture?: PageImage;
  thumb?: PageImage;
}

/** The archive that a page belongs to. */
interface ArchivePlace {
  /** The start of its links: /n/harbour, with the reader's key if only readers may read the archive. */
  archiveUrl: string;
  /**
   * Only readers may read it: search engines must not index it, and other sites must not learn its address.
   */
  private?: boolean;
}

export interface PageOption {
  value: string;
  label: string;
  chosen: boolean;
}

/** A newsletter's custom field as an input. `name` is also the input's id. */
export type PageField = {
  name: string;
  label: string;
  hint?: string;
  /** The browser enforces it. */
  required: boolean;
  /** The label says so. */
  optional: boolean;
  invalid: boolean;
} & (
  | { type: 'text'; value: string; maxLength: number }
  | { type: 'number'; value: string; min?: string; max?: string; step: string }
  | { type: 'choice'; choices: PageOption[] }
  | { type: 'checkbox'; checked: boolean }
);

/** The view of templates/pages/subscribe-form.hbs, wherever the form appears. */
export interface PageForm extends Consent {
  action: string;
  /** The form is in a frame on another site. */
  frame: boolean;
  /** The publisher's privacy notice. */
  privacyUrl?: string;
  asksName: boolean;
  /** The publisher's texts, in the newsletter's language. Without one of them, ours stands. */
  own?: {
    language: string;
    headline?: string | undefined;
    introduction?: string | undefined;
    button?: string | undefined;
    /** The form holds headline and introduction, because there is no page around it. */
    inside?: boolean;
  };
  /** On the page of several newsletters: a checkbox for each. */
  newsletters?: (PageOption & { language: string; when: string; page: string })[];
  /** The time at which the form was shown, signed by us. */
  stamp?: string;
  /** The URL from which its script gets a challenge. */
  challenge?: string;
  /** Empty: the reader has no choice. */
  frequencies: PageOption[];
  times: PageOption[];
  /** "Berlin time". */
  place: string;
  topics: PageOption[];
  languages: PageOption[];
  fields: PageField[];
  /** After a refusal: the problem, the input with the problem (`invalid`), and the values that were typed. */
  problem?: string;
  invalid?: string;
  email?: string;
  readerName?: string;
}

/** A button with which a reader who has just left can undo that. */
export interface PageUndo {
  /** The URL that its form posts to. */
  url: string;
  /** The text that the reader agrees to by pressing it. The consent record quotes it. */
  wording: string;
  /** Offers a second button: back, but only once a week. */
  weekly: boolean;
}

export interface PageViews {
  /** GET / with several newsletters, or with none. */
  index: { form?: PageForm };
  /** GET /n/:slug. After an invalid POST: the same page with the problem and the typed values. */
  newsletter: {
    newsletter: PageNewsletter;
    form: PageForm;
    /** "Every weekday at 07:00, Berlin time": scheduleInWords in src/newsletters/schedule-words.ts. */
    when: string;
    timezone: string;
    /** Newest first. */
    issues: PageIssue[];
  };
  /** GET /n/:slug/issues. */
  archive: ArchivePlace & {
    newsletter: PageNewsletter;
    timezone: string;
    /** Newest first. */
    issues: { number: number; headline: string; slot: Date | string }[];
    /** True: a page with newer issues exists. Without `newerBefore` it is the first page. */
    hasNewer: boolean;
    newerBefore?: number;
    olderBefore?: number;
  };
  /** GET /n/:slug/issues/:number. */
  issue: ArchivePlace & {
    newsletter: PageNewsletter;
    form: PageForm;
    number: number;
    headline: string;
    /** Written out in the newsletter's language and time zone. */
    date: string;
    slot: Date | string;
    /** The link preview for other sites. Absent if only readers may read the archive. */
    social?: { title: string; description: string; url: string; image?: string };
    headlinesOnly: boolean;
    posts: PagePost[];
    /** Posts beyond the mail's maximum, and posts that only some readers got. */
    also: { title: string; url?: string }[];
    older?: number;
    newer?: number;
  };
  /** The answer to every valid address. It must not depend on the address's state. */
  'check-inbox': {
    /** Set if the form was for a single newsletter. */
    newsletter?: PageNewsletter;
    /** The name of the newsletter, or the names of several. */
    name: string;
    email: string;
    /** The URL of the form. */
    again: string;
    /** The address that the reader may have meant. */
    suggestion?: string;
    /** The publisher's own words, before ours. */
    thanks?: { language: string; text: string };
    frame?: boolean;
  };
  /** GET /n/:slug/embed: for publishers. */
  embed: { newsletter: PageNewsletter; code: { script: string; html: string; frame: string } };
  /** Only the form: for the script of GET /n/:slug/embed.js, and as plain HTML to copy. */
  'embed-form': { form: PageForm };
  'embed-plain': { form: PageForm };
  /** GET /n/:slug/embed?frame=1, and the answer to an invalid POST from there. */
  'embed-frame': { newsletter: PageNewsletter; when: string; form: PageForm; frame: true };
  /** GET /confirm/:token: shows a button and changes nothing. */
  confirm: { newsletter: PageNewsletter; email: string; wording: string };
  /** POST /confirm/:token. */
  confirmed: {
    newsletter: PageNewsletter;
    email: string;
    when: string;
    /** All confirmed newsletters, if one click confirmed several. */
    several?: { name: string; language: string; when: string }[];
  };
  /** A link with an unknown token. */
  'link-invalid': { reason: 'unknown' };
  /** A confirmation link that is used or expired: a button requests a new one. */
  'link-over': { newsletter: PageNewsletter; email: string; freshUrl: string };
  /** GET /unsubscribe/:token: shows a button and changes nothing. */
  unsubscribe: {
    newsletter: PageNewsletter;
    email: string;
    preferencesUrl: string;
    /** Alternatives to leaving, each with a button. */
    less: { weekly: boolean; pauseUntil?: string };
  };
  /** POST /unsubscribe/:token, and GET after the reader has unsubscribed. */
  unsubscribed: {
    newsletter: PageNewsletter;
    email: string;
    already: boolean;
    undo?: PageUndo;
    /** The URL for the answer to “why?”; absent: the page does not ask. */
    preferencesUrl?: string;
    thanked?: boolean;
    reasonProblem?: boolean;
  };
  /** GET and POST /preferences/:token. */
  preferences: {
    newsletter: PageNewsletter;
    email: string;
    /** The choices that the form shows, as hashes: the form of a stale tab must not revert newer ones. */
    version: string;
    /** After a POST: its result. */
    notice?: string;
    problem?: string;
    /** "Tuesday 07:00, Berlin time"; absent: nothing is due. */
    next?: string;
    /** "Thursday 3 December 2026". */
    pausedUntil?: string;
    /** The address is suppressed: mail to it bounced, or the reader complained. */
    stopped: boolean;
    frequencies: (PageOption & { hint: string })[];
    /** These are empty if readers have no such choice. No weekdays: the newsletter has no weekly digest. */
    weekdays: PageOption[];
    times: PageOption[];
    zones: { region: string; zones: PageOption[] }[];
    /** "It is 08:14 in Berlin now." */
    clock: string;
    topics: PageOption[];
    fields: PageField[];
    languages: PageOption[];
    plainText: boolean;
    /** Present if the newsletter asks for consent to tracking: the text, and whether the reader agreed. */
    tracking?: { wording: string; agreed: boolean };
    /** A requested change of address, which waits for confirmation by `who`. */
    addressChange?: { address: string; who: 'both' | 'old' | 'new' };
    /** The other newsletters. `url` is the reader's page for one that they already read. */
    others: { name: string; slug: string; when: string; wording: string; url?: string }[];
    /** The first and the last date on which a pause may end: 2026-12-03. */
    pause: { from: string; to: string };
  };
  /** GET and POST /address/:token: the confirmation of a change of address, by the old or the new address. */
  'address-change': {
    newsletter: PageNewsletter;
    newAddress: string;
    /** The link was sent to the old address. */
    old: boolean;
    ready: boolean;
    waiting: boolean;
    done: boolean;
  };
  /** Asks again before everything is erased. */
  erase: { newsletter: PageNewsletter; email: string };
  erased: { newsletter: PageNewsletter; email: string };
  /** Any other error. */
  error: { status: number; title: string; detail: string };
  'too-many': { retryAfterSeconds: number };
}
