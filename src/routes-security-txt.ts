// /.well-known/security.txt (RFC 9116): where to report a vulnerability of this installation.
import express, { type Router } from 'express';
import type { Config } from './config/environment.js';
import type { Db } from './db.js';
import { day } from './durations.js';
import { listNewsletters } from './newsletters/get-newsletter.js';
import { problem, sendProblem } from './problem.js';

interface Deps {
  db: Db;
  now: () => Date;
  config: Pick<Config, 'baseUrl' | 'securityContact'>;
}

/** RFC 9116 section 2.5.5: less than a year. The answer is made anew for each request. */
const validMs = 30 * day;

/** SECURITY_CONTACT, or the address at which a newsletter takes its readers' replies: every mail shows it already. */
async function contactOf({ db, config }: Deps): Promise<string | undefined> {
  if (config.securityContact !== undefined) return config.securityContact;
  const [first] = await listNewsletters(db);
  return first && `mailto:${first.replyTo ?? first.from.address}`;
}

export function securityTxtRoute(deps: Deps): Router {
  const router = express.Router();
  router.get('/.well-known/security.txt', async (_req, res) => {
    const contact = await contactOf(deps);
    if (contact === undefined)
      return sendProblem(res, problem(404, 'not-found', 'SECURITY_CONTACT is not set.'));
    const lines = [
      `Contact: ${contact}`,
      `Expires: ${new Date(deps.now().getTime() + validMs).toISOString()}`,
      `Canonical: ${deps.config.baseUrl}/.well-known/security.txt`,
      'Preferred-Languages: en',
    ];
    // RFC 9116 section 3: plain text in UTF-8.
    return res.type('text/plain; charset=utf-8').send(`${lines.join('\n')}\n`);
  });
  return router;
}
