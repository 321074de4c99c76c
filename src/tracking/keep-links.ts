// The links of an issue that are counted for readers who agreed: kept at the freeze, for good.
import type { Db } from '../db.js';
import { inLots } from '../lots.js';
import { recently } from '../recently.js';
import { linkIdOf } from './click-token.js';
import { countedLinksIn } from './mail-links.js';
import * as store from './store.js';

/** Keeps the links of a rendered variant. Links with our own address are left out. */
export async function keepLinks(
  tx: Db,
  { issueId, html, baseUrl }: { issueId: string; html: string; baseUrl: string },
): Promise<void> {
  const links = countedLinksIn(html, baseUrl).map((url) => ({ id: linkIdOf(issueId, url), url }));
  if (links.length > 0) await store.insertLinks(tx, issueId, links);
}

/** The ids of an issue's links by their addresses. */
export async function keptLinks(db: Db, issueId: string): Promise<ReadonlyMap<string, string>> {
  const links = await store.selectLinks(db, issueId);
  return new Map(links.map(({ id, url }) => [url, id]));
}

const remembered = 20_000;

/**
 * Finds the address of a link as a browser would read it: without line breaks, and in ASCII. Undefined: there is no
 * such link.
 */
export function openLinkBook(db: Db): (id: string) => Promise<string | undefined> {
  // One statement answers the redirects of a moment: a statement for each took half of a redirect's CPU.
  const find = inLots(async (ids: string[]) => {
    const addresses = await store.selectAddresses(db, ids);
    return ids.map((id) => addresses.get(id));
  });
  // A link never changes.
  const known = recently(async (id) => {
    const url = await find(id);
    if (url === undefined) throw new NoSuchLink();
    return new URL(url).href;
  }, remembered);
  return async (id) => {
    try {
      return await known(id);
    } catch (error) {
      if (error instanceof NoSuchLink) return undefined;
      throw error;
    }
  };
}

/** A failure, so that the absence is not remembered. */
class NoSuchLink extends Error {}
