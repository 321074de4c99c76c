// The size of a digest's HTML, and what is dropped when it is over the budget.
//
// Each step makes the mail smaller. They come in the order of what a reader misses least:
//
//   1. full texts become excerpts
//   2. excerpts become short
//   3. repeated titles go: the table of contents, and the names of the links under the posts
//   4. excerpts go
//   5. images go
//   6. posts go, to "N more on the web"
//
// Each kind begins with the last post. The fewest steps that suffice are found by bisection, as rendering
// takes 12-40 ms.
import { cutAtWidth } from '../text/cut-text.js';
import { shorterEncoding } from '../text/transfer-encoding.js';
import type { PostView } from './digest-view.js';
import type { Dropped } from './dropped.js';

// Gmail clips a message at about 102,000 bytes, and hides the unsubscribe link with the rest. Google does not
// publish what it measures, and those who tested disagree:
//
// - the encoded source: https://github.com/hteumeuleu/email-bugs/issues/41 (comment of 2018-06-06) and
//   https://support.leanplum.com/hc/en-us/articles/4404312822420 ("after encoding in Base64")
// - about 105,000 bytes, varying with the encoding:
//   https://www.spamresource.com/2022/01/what-is-gmail-clipping-and-what-to-do.html
//
// The encoded size is the largest of these readings, so the budget is safe whichever is true.
export const htmlBudget = 90_000;

/** In columns. */
const shortExcerpt = 120;

/** What the mail shows. */
export interface Shown {
  posts: PostView[];
  /** Whether titles stand in a table of contents and in the links' names too. */
  repeatsTitles: boolean;
}

type Step = (shown: Shown) => Shown;

const change =
  (index: number, keep: (post: PostView) => PostView): Step =>
  (shown) => ({ ...shown, posts: shown.posts.with(index, keep(shown.posts[index]!)) });

function savings(posts: PostView[]): Step[] {
  const upwards = posts.map((_, index) => index).toReversed();
  const having = (field: keyof PostView) => upwards.filter((index) => posts[index]?.[field] !== undefined);
  return [
    ...having('bodyHtml').map((index) => change(index, ({ bodyHtml: _, bodyText: __, ...post }) => post)),
    ...having('excerpt').map((index) =>
      change(index, (post) => ({ ...post, excerpt: cutAtWidth(post.excerpt ?? '', shortExcerpt) })),
    ),
    (shown) => ({ ...shown, repeatsTitles: false }),
    ...having('excerpt').map((index) => change(index, ({ excerpt: _, ...post }) => post)),
    ...having('thumb').map((index) => change(index, ({ thumb: _, ...post }) => post)),
    ...having('picture').map((index) => change(index, ({ picture: _, ...post }) => post)),
    ...upwards.slice(0, -1).map((): Step => (shown) => ({ ...shown, posts: shown.posts.slice(0, -1) })),
  ];
}

export interface Fitted {
  html: string;
  /** The HTML's size in its transfer encoding, of the larger rendering. */
  bytes: number;
  /** As the HTML shows it. */
  shown: Shown;
  dropped: Dropped;
}

/**
 * Renders `all` with the fewest savings that bring the HTML under the budget; with all savings, if none
 * suffice. `asIfCounted`, if some readers get counted links, makes the HTML as large as theirs: a variant drops the
 * same for all.
 */
export async function fitBudget(
  all: PostView[],
  render: (shown: Shown) => Promise<string>,
  asIfCounted?: (html: string) => string,
): Promise<Fitted> {
  const steps = savings(all);
  const after = (taken: number): Shown =>
    steps.slice(0, taken).reduce<Shown>((shown, step) => step(shown), { posts: all, repeatsTitles: true });
  const attempt = async (taken: number) => {
    const html = await render(after(taken));
    const sizes = [html, ...(asIfCounted ? [asIfCounted(html)] : [])].map(
      (one) => shorterEncoding(one).bytes,
    );
    return { taken, html, bytes: Math.max(...sizes) };
  };

  let best = await attempt(0);
  if (best.bytes > htmlBudget) {
    let [low, high] = [0, steps.length];
    best = await attempt(high);
    while (high - low > 1) {
      const middle = await attempt((low + high) >> 1);
      if (middle.bytes > htmlBudget) low = middle.taken;
      else [best, high] = [middle, middle.taken];
    }
  }
  const shown = after(best.taken);
  return { html: best.html, bytes: best.bytes, shown, dropped: droppedOf(all, shown.posts) };
}

function droppedOf(all: readonly PostView[], kept: readonly PostView[]): Dropped {
  const less = (...fields: (keyof PostView)[]): number =>
    kept.filter((post, index) => fields.some((field) => post[field] !== all[index]?.[field])).length;
  return {
    excerpts: less('excerpt', 'bodyHtml'),
    images: less('picture', 'thumb'),
    posts: all.length - kept.length,
  };
}
