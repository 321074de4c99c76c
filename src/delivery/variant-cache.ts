// Composed variants, shared by all lots of this process that need them.
import type { Db } from '../db.js';
import type { Signer } from '../mail/dkim.js';
import { recently } from '../recently.js';
import { keptLinks } from '../tracking/keep-links.js';
import { composeVariant, type ComposedVariant, type Links } from './message.js';
import { selectVariant } from './store-variants.js';

/** What the reader chose, as it is at the hand-over. */
export interface ReadersChoices {
  plainText: boolean;
  /** The reader agreed that clicks are counted. */
  agreed: boolean;
}

export interface VariantCache {
  get(variantId: string, choices: ReadersChoices): Promise<ComposedVariant>;
}

const noLinks: ReadonlyMap<string, string> = new Map();

// About 100 kB each.
const cachedVariants = 32;

export function createVariantCache(deps: {
  db: Db;
  links: Links;
  signer?: Signer | undefined;
}): VariantCache {
  const composed: (key: string) => Promise<ComposedVariant> = recently(async (key) => {
    const [id = '', rendering] = key.split(' ');
    const row = await selectVariant(deps.db, id);
    if (row === undefined) throw new Error(`variant ${id} is gone`);
    const from = { name: row.fromName, address: row.fromAddress };
    const html = rendering === 'text' ? undefined : row.html;
    if (rendering !== 'counted') return composeVariant({ ...row, from, html }, deps.links, deps.signer);
    const countedLinks = row.tracking === 'consent' ? await keptLinks(deps.db, row.issueId) : noLinks;
    if (countedLinks.size === 0) return composed(id);
    return composeVariant({ ...row, from, html, countedLinks }, deps.links, deps.signer);
  }, cachedVariants);
  return {
    // The text part has no counted links.
    get: (id, { plainText, agreed }) => {
      if (plainText) return composed(`${id} text`);
      return composed(agreed ? `${id} counted` : id);
    },
  };
}
