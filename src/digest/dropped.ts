// What the size budget dropped from a digest. Pure.
import type { MustHave } from './required-parts.js';

/** Texts shortened or removed, images, and whole posts. */
export interface Dropped {
  excerpts: number;
  images: number;
  posts: number;
  /** Required parts that the publisher's own template did not show. The mail uses our magazine instead. */
  ownTemplate?: MustHave[];
}
