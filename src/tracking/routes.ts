// GET /c/:token: a link of a mail to a reader who agreed to be counted. It answers with the address that was kept
// at the freeze, never with one of the request, and counts later. Without our signature there is no such page.
import express, { type Router } from 'express';
import type { Db } from '../db.js';
import type { Keys } from '../secrets.js';
import { readClick } from './click-token.js';
import { openLinkBook } from './keep-links.js';
import { ruleOfRequest } from './machine-rules.js';
import type { ClickRecorder } from './record-clicks.js';

interface ClickDeps {
  db: Db;
  now: () => Date;
  links: { key: Keys };
  clicks: Pick<ClickRecorder, 'record'>;
}

/** Firefox and the standard, Chrome, old Firefox, old Safari. */
const purposes = ['sec-purpose', 'purpose', 'x-moz', 'x-purpose'];

export function clickRoutes({ db, now, links, clicks }: ClickDeps): Router {
  const router = express.Router();
  const addressOf = openLinkBook(db);
  router.get('/c/:token', async (req, res, next) => {
    const click = readClick(links.key, req.params.token);
    const address = click && (await addressOf(click.linkId));
    if (click === undefined || address === undefined) return next();
    // The token names the reader: the next site must not learn it, and no cache may answer for us.
    const headers = { 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store' };
    res.writeHead(302, { ...headers, Location: address }).end();
    const { method, ip } = req;
    const purpose = purposes.map((name) => req.get(name) ?? '').join(' ');
    const rule = ruleOfRequest({ method, ip, purpose, userAgent: req.get('user-agent') });
    return clicks.record({ ...click, at: now(), rule });
  });
  return router;
}
