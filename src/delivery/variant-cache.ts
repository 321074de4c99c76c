// Variants composed once for this process and shared by all lots that need them.
import type { Db } from '../db.js';
import type { Signer } from '../mail/dkim.js';
import { composeVariant, type ComposedVariant, type Links } from './message.js';
import * as store from './store.js';

export interface VariantCache {
  get(variantId: string): Promise<ComposedVariant>;
}

// Composed variants in memory, 100 kB each.
const cachedVariants = 32;

export function createVariantCache(deps: {
  db: Db;
  links: Links;
  signer?: Signer | undefined;
}): VariantCache {
  const composed = new Map<string, Promise<ComposedVariant>>();
  const load = async (id: string) => {
    const row = await store.selectVariant(deps.db, id);
    if (row === undefined) throw new Error(`variant ${id} is gone`);
    const from = { name: row.fromName, address: row.fromAddress };
    return composeVariant({ ...row, from }, deps.links, deps.signer);
  };
  return {
    get(id) {
      const found = composed.get(id);
      if (found) return found;
      const [oldest] = composed.keys();
      if (oldest !== undefined && composed.size >= cachedVariants) composed.delete(oldest);
      const made = load(id);
      composed.set(id, made);
      made.catch(() => composed.delete(id));
      return made;
    },
  };
}
