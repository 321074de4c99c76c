import type { Db } from '../db.js';
import {
  newsletterDefaults,
  newsletterInput,
  newsletterValues,
  type Newsletter,
  type NewsletterInput,
} from './schema.js';
import { changeLook } from './look.js';
import { slugOf } from './slug.js';
import { insertNewsletter } from './store.js';

export type CreateNewsletterResult =
  { ok: true; newsletter: Newsletter } | { ok: false; code: 'slug-taken'; slug: string };

/**
 * Creates a newsletter. Missing values get defaults. A missing slug is made from the name, with a number if
 * it is taken. Throws ZodError for values that newsletterInput refuses.
 */
export async function createNewsletter(
  { db, now }: { db: Db; now: () => Date },
  input: NewsletterInput,
): Promise<CreateNewsletterResult> {
  const given = newsletterInput.parse(input);
  const base = given.slug ?? slugOf(given.name);
  const values = newsletterValues.parse({
    ...newsletterDefaults,
    ...given,
    slug: base,
    from: { name: given.from.name ?? given.name, address: given.from.address },
    schedule: { ...newsletterDefaults.schedule, ...given.schedule },
    selection: { ...newsletterDefaults.selection, ...given.selection },
    words: { ...newsletterDefaults.words, ...given.words },
    look: changeLook(newsletterDefaults.look, given.look),
  });
  for (let number = 1; number <= 100; number++) {
    const slug = number === 1 ? base : `${base}-${number}`;
    const newsletter = await insertNewsletter(db, { ...values, slug }, now());
    if (newsletter) return { ok: true, newsletter };
    if (given.slug !== undefined) break;
  }
  return { ok: false, code: 'slug-taken', slug: base };
}
