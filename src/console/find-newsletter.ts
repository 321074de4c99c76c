import type { Request, RequestHandler, Response } from 'express';
import type { Db } from '../db.js';
import { getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { sendMessage } from './page.js';

/** Finds the newsletter that a page is about. Undefined: there is none, and the answer is out. */
export const newsletterFinder =
  (db: Db) =>
  async (req: Request, res: Response): Promise<Newsletter | undefined> => {
    const newsletter = await getNewsletterBySlug(db, String(req.params['slug']));
    if (!newsletter)
      sendMessage(res, 404, 'There is no such newsletter', 'It may have been deleted or renamed.');
    return newsletter;
  };

type Act = (newsletter: Newsletter, req: Request, res: Response) => Promise<void>;

/** Makes handlers of what a page does with its newsletter. */
export const aboutNewsletter = (db: Db): ((act: Act) => RequestHandler) => {
  const find = newsletterFinder(db);
  return (act) => async (req, res) => {
    const newsletter = await find(req, res);
    if (newsletter) await act(newsletter, req, res);
  };
};
