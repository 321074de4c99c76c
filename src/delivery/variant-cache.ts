// Composed variants, shared by all lots of this process that need them.
import type { Db } from '../db.js';
import type { Signer } from '../mail/dkim.js';
import { recently } from '../recently.js';
import { composeVariant, type ComposedVariant, type Links } from './message.js';
import { selectVariant } from './store-variants.js';

export interface VariantCache {
  /** With both parts, or with plain text only. */
  get(variantId: string, plainText: boolean): Promise<ComposedVariant>;
}

// About 100 kB each.
const cachedVariants = 32;

export function createVariantCache(deps: {
  db: Db;
  links: Links;
  signer?: Signer | undefined;
}): VariantCache {
  const composed = recently(async (key): Promise<ComposedVariant> => {
    const [id = '', plainText] = key.split(' ');
    const row = await selectVariant(deps.db, id);
    if (row === undefined) throw new Error(`variant ${id} is gone`);
    const from = { name: row.fromName, address: row.fromAddress };
    const html = plainText === undefined ? row.html : undefined;
    return composeVariant({ ...row, from, html }, deps.links, deps.signer);
  }, cachedVariants);
  return { get: (id, plainText) => composed(plainText ? `${id} text` : id) };
}
