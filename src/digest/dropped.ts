// What the size budget dropped from a digest. Pure.
import type { Forbidden } from './forbidden-html.js';
import type { MustHave } from './required-parts.js';

/** Why a mail is in our magazine, although the newsletter has an own template. */
export type TemplateFault = MustHave | Forbidden;

/** Texts shortened or removed, images, and whole posts. */
export interface Dropped {
  excerpts: number;
  images: number;
  posts: number;
  /** What was wrong with the mail in the publisher's own template. The mail uses our magazine instead. */
  ownTemplate?: TemplateFault[];
}
