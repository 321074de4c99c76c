// What each public page (templates/pages) is filled with. The newsletter is named on every page that belongs to one,
// so that a reader knows whose question they are answering.

export interface PageNewsletter {
  name: string;
  slug: string;
  language: string;
  siteUrl?: string;
  postalAddress?: string;
  /** Whether its issues can be read here. */
  archive?: boolean;
}

export interface PageIssue {
  subject: string;
  /** When it went out. */
  at: Date | string;
  /** Where it can be read, if it can. */
  url?: string;
}

/** What the reader agrees to by subscribing, as the consent record quotes it. */
interface Consent {
  wording: string;
  /** Sent with the form, so that the consent record quotes the words that were shown. */
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
  shortTitle: string;
  url?: string;
  author?: string;
  excerpt?: string;
  /** Sanitised, and without looks of its own. */
  bodyHtml?: string;
  commentCount?: number;
  lead: boolean;
  readOn: boolean;
  byline: boolean;
  picture?: PageImage;
  thumb?: PageImage;
}

/** Where in an archive a page is. */
interface ArchivePlace {
  /** What its links begin with: /n/harbour, with the reader's key if it is for readers alone. */
  archiveUrl: string;
  /** For readers alone: kept from search engines, and its address from other sites. */
  private?: boolean;
}

export interface PageOption {
  value: string;
  label: string;
  chosen: boolean;
}

/** A newsletter's custom field, as an input. `name` is the input's, and its id. */
export type PageField = {
  name: string;
  label: string;
  hint?: string;
  /** For the browser to insist on. */
  required: boolean;
  /** Said beside the label. */
  optional: boolean;
  invalid: boolean;
} & (
  | { type: 'text'; value: string; maxLength: number }
  | { type: 'number'; value: string; min?: string; max?: string; step: string }
  | { type: 'choice'; choices: PageOption[] }
  | { type: 'checkbox'; checked: boolean }
);

/** templates/pages/subscribe-form.hbs: everywhere the same. */
export interface PageForm extends Consent {
  action: string;
  /** In a frame on another site. */
  frame: boolean;
  asksName: boolean;
  /** On the page of several: which ones, each with a box. */
  newsletters?: (PageOption & { language: string; when: string; page: string })[];
  /** When it was shown, as only we can write it. */
  stamp?: string;
  /** Where its script asks for a challenge. */
  challenge?: string;
  /** None: there is nothing to choose. */
  frequencies: PageOption[];
  topics: PageOption[];
  fields: PageField[];
  /** After a refusal: what was wrong, with which input, and what was typed. */
  problem?: string;
  invalid?: string;
  email?: string;
  readerName?: string;
}

/** A button that takes a reader back who has just left. */
export interface PageUndo {
  /** Where its form posts to. */
  url: string;
  /** What the reader says by pressing it, as the consent record quotes it. */
  wording: string;
  /** There is a second button: back, but once a week. */
  weekly: boolean;
}

export interface PageViews {
  /** GET / when there are several newsletters, or none. */
  index: { form?: PageForm };
  /** GET /n/:slug. After a bad POST the same page again with the problem and what was typed. */
  newsletter: {
    newsletter: PageNewsletter;
    form: PageForm;
    /** "Every weekday at 07:00, Berlin time": scheduleInWords in src/newsletters/schedule-words.ts. */
    when: string;
    timezone: string;
    /** The newest first. */
    issues: PageIssue[];
  };
  /** GET /n/:slug/issues. */
  archive: ArchivePlace & {
    newsletter: PageNewsletter;
    timezone: string;
    /** The newest first. */
    issues: { number: number; headline: string; slot: Date | string }[];
    /** Whether there is a page before; without `newerBefore` it is the first. */
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
    /** In words, where the newsletter lives and in its language. */
    date: string;
    slot: Date | string;
    /** What others show who link here; of an archive for readers alone, nobody does. */
    social?: { title: string; description: string; url: string; image?: string };
    headlinesOnly: boolean;
    posts: PagePost[];
    /** Posts beyond the mail's maximum, and those that only some readers got. */
    also: { title: string; url?: string }[];
    older?: number;
    newer?: number;
  };
  /** The answer to every valid address, whatever its state. */
  'check-inbox': {
    /** The only one; else the page is nobody's. */
    newsletter?: PageNewsletter;
    /** Of one newsletter, or of several. */
    name: string;
    email: string;
    /** The form's page. */
    again: string;
    /** The address that may have been meant. */
    suggestion?: string;
    frame?: boolean;
  };
  /** GET /n/:slug/embed: for publishers. */
  embed: { newsletter: PageNewsletter; code: { script: string; html: string; frame: string } };
  /** The form alone: for the script of GET /n/:slug/embed.js, and as plain HTML to copy. */
  'embed-form': { form: PageForm };
  'embed-plain': { form: PageForm };
  /** GET /n/:slug/embed?frame=1, and after a bad POST from there. */
  'embed-frame': { newsletter: PageNewsletter; when: string; form: PageForm; frame: true };
  /** GET /confirm/:token: a button and nothing else happens. */
  confirm: { newsletter: PageNewsletter; email: string; wording: string };
  /** POST /confirm/:token. */
  confirmed: {
    newsletter: PageNewsletter;
    email: string;
    when: string;
    /** Where one click confirmed several: all of them. */
    several?: { name: string; language: string; when: string }[];
  };
  /** A link that we know nothing about. */
  'link-invalid': { reason: 'unknown' };
  /** A confirmation's that is used up or too old: a button asks for a fresh one. */
  'link-over': { newsletter: PageNewsletter; email: string; freshUrl: string };
  /** GET /unsubscribe/:token: a button and nothing else happens. */
  unsubscribe: {
    newsletter: PageNewsletter;
    email: string;
    preferencesUrl: string;
    /** What they may have instead, each with a button. */
    less: { weekly: boolean; pauseUntil?: string };
  };
  /** POST /unsubscribe/:token, and GET when it has happened already. */
  unsubscribed: {
    newsletter: PageNewsletter;
    email: string;
    already: boolean;
    undo?: PageUndo;
    /** Where the answer to “why?” goes; absent: it is not asked. */
    preferencesUrl?: string;
    thanked?: boolean;
    reasonProblem?: boolean;
  };
  /** GET and POST /preferences/:token. */
  preferences: {
    newsletter: PageNewsletter;
    email: string;
    /** After a POST: what came of it. */
    notice?: string;
    problem?: string;
    /** "Tuesday 07:00, Berlin time"; absent when nothing is due. */
    next?: string;
    /** "Thursday 3 December 2026". */
    pausedUntil?: string;
    /** Mail to this address came back, or was complained about. */
    stopped: boolean;
    frequencies: (PageOption & { hint: string })[];
    /** None when there is no weekly digest. */
    weekdays: PageOption[];
    times: PageOption[];
    zones: { region: string; zones: PageOption[] }[];
    /** "It is 08:14 in Berlin now." */
    clock: string;
    /** The reader has chosen no zone: the browser's is put forward. */
    guess: boolean;
    topics: PageOption[];
    fields: PageField[];
    languages: PageOption[];
    plainText: boolean;
    /** Where the newsletter offers to be counted, and waits for consent: the words, and whether the reader agreed. */
    tracking?: { wording: string; agreed: boolean };
    /** Asked for, and waiting for a yes from `who`. */
    addressChange?: { address: string; who: 'both' | 'old' | 'new' };
    /** What else there is to read; a reader of it has a page for that. */
    others: { name: string; slug: string; when: string; wording: string; url?: string }[];
    /** The first and the last date that a pause may end on: 2026-12-03. */
    pause: { from: string; to: string };
  };
  /** GET and POST /address/:token: one of the two ends of a change of address. */
  'address-change': {
    newsletter: PageNewsletter;
    newAddress: string;
    /** The end is that of the old address. */
    old: boolean;
    ready: boolean;
    waiting: boolean;
    done: boolean;
  };
  /** Asks once more before everything is erased. */
  erase: { newsletter: PageNewsletter; email: string };
  erased: { newsletter: PageNewsletter; email: string };
  /** Anything that went wrong, in words. */
  error: { status: number; title: string; detail: string };
  'too-many': { retryAfterSeconds: number };
}
