// Composed variants, shared by all lots of this process that need them.
import type { Db } from '../db.js';
import type { Signer } from '../mail/dkim.js';
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
  const composed = new Map<string, Promise<ComposedVariant>>();
  const load = async (id: string, plainText: boolean) => {
    const row = await selectVariant(deps.db, id);
    if (row === undefined) throw new Error(`variant ${id} is gone`);
    const from = { name: row.fromName, address: row.fromAddress };
    const html = plainText ? undefined : row.html;
    return composeVariant({ ...row, from, html }, deps.links, deps.signer);
  };
  return {
    get(id, plainText) {
      const key = plainText ? `${id} text` : id;
      const found = composed.get(key);
      if (found) return found;
      const [oldest] = composed.keys();
      if (oldest !== undefined && composed.size >= cachedVariants) composed.delete(oldest);
      const made = load(id, plainText);
      composed.set(key, made);
      made.catch(() => composed.delete(key));
      return made;
    },
  };
}
