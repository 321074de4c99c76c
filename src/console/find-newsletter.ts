// Finds the newsletter that a page's address names.
import type { Request, RequestHandler, Response } from 'express';
import type { Db } from '../db.js';
import { getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { ConsoleDeps } from './deps.js';
import { sendMessage, translatorOf } from './page.js';

/** The newsletter of the address. Undefined: there is none, and the response says so. */
export async function findNewsletter(db: Db, req: Request, res: Response): Promise<Newsletter | undefined> {
  const newsletter = await getNewsletterBySlug(db, String(req.params['slug']));
  if (!newsletter) {
    const { t } = translatorOf(res);
    sendMessage(res, 404, t('console.noSuchNewsletter'), t('console.noSuchNewsletterWhy'));
  }
  return newsletter;
}

/** Answers a request about a newsletter. */
export type NewsletterAct = (
  deps: ConsoleDeps,
  newsletter: Newsletter,
  req: Request,
  res: Response,
) => Promise<void>;

/** Makes a request handler of an act: finds the newsletter first. */
export const aboutNewsletter =
  (deps: ConsoleDeps) =>
  (act: NewsletterAct): RequestHandler =>
  async (req, res) => {
    const newsletter = await findNewsletter(deps.db, req, res);
    if (newsletter) await act(deps, newsletter, req, res);
  };
