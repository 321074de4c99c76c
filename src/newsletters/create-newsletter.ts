import type { Db } from '../db.js';
import {
  newsletterDefaults,
  newsletterInput,
  newsletterValues,
  type Newsletter,
  type NewsletterInput,
  type NewsletterValues,
} from './schema.js';
import { changeLook } from './look.js';
import { slugOf } from './slug.js';
import { insertNewsletter } from './store.js';
import { keepLogo } from './uploaded-logos.js';

export type CreateNewsletterResult =
  { ok: true; newsletter: Newsletter } | { ok: false; code: 'slug-taken'; slug: string };

/**
 * The values of a new newsletter: missing ones get defaults, a missing slug is made from the name. Throws ZodError
 * for values that newsletterInput refuses.
 */
export function newValues(input: NewsletterInput): NewsletterValues {
  const given = newsletterInput.parse(input);
  return newsletterValues.parse({
    ...newsletterDefaults,
    ...given,
    slug: given.slug ?? slugOf(given.name),
    from: { name: given.from.name ?? given.name, address: given.from.address },
    schedule: { ...newsletterDefaults.schedule, ...given.schedule },
    selection: { ...newsletterDefaults.selection, ...given.selection },
    words: { ...newsletterDefaults.words, ...given.words },
    form: { ...newsletterDefaults.form, ...given.form },
    confirmationMail: { ...newsletterDefaults.confirmationMail, ...given.confirmationMail },
    welcomeMail: { ...newsletterDefaults.welcomeMail, ...given.welcomeMail },
    look: changeLook(newsletterDefaults.look, given.look),
  });
}

/**
 * Creates a newsletter with the values of `newValues`. A slug that was made from the name gets a number if it is
 * taken.
 */
export async function createNewsletter(
  { db, now }: { db: Db; now: () => Date },
  input: NewsletterInput,
): Promise<CreateNewsletterResult> {
  const values = newValues(input);
  const base = values.slug;
  for (let number = 1; number <= 100; number++) {
    const slug = number === 1 ? base : `${base}-${number}`;
    const newsletter = await insertWithLogo(db, { ...values, slug }, now());
    if (newsletter) return { ok: true, newsletter };
    if (input.slug !== undefined) break;
  }
  return { ok: false, code: 'slug-taken', slug: base };
}

function insertWithLogo(db: Db, values: NewsletterValues, now: Date): Promise<Newsletter | undefined> {
  return db.transaction(async (tx) => {
    const newsletter = await insertNewsletter(tx, values, now);
    if (newsletter) await keepLogo(tx, newsletter.id, newsletter.look);
    return newsletter;
  });
}
