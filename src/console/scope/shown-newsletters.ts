// The newsletters that the account of a session sees in lists.
import type { Response } from 'express';
import type { Session } from '../../accounts/sign-in.js';
import type { Db } from '../../db.js';
import { getNewsletter, listNewsletters } from '../../newsletters/get-newsletter.js';
import type { Newsletter } from '../../newsletters/schema.js';

/** True: the role of the account is for all newsletters. */
export const coversAll = (res: Response): boolean =>
  (res.locals as { session?: Session }).session?.account.newsletterIds === null;

export function shownNewsletters(db: Db, res: Response, limit?: number): Promise<Newsletter[]> {
  return newslettersFor(db, (res.locals as { session: Session }).session.account, limit);
}

/** The newsletters that an account sees in lists. */
export async function newslettersFor(
  db: Db,
  { newsletterIds: ids }: Pick<Session['account'], 'newsletterIds'>,
  limit?: number,
): Promise<Newsletter[]> {
  if (ids === null) return listNewsletters(db, limit === undefined ? {} : { after: '0', limit });
  const found = await Promise.all(ids.slice(0, limit).map((id) => getNewsletter(db, id)));
  return found.filter((newsletter) => newsletter !== undefined);
}
