// GET /c/:token: a link of a mail to a reader who agreed to be counted. It answers with the address that was kept
// at the freeze, never with one of the request, and counts later. Without our signature there is no such page.
//
// It stands before Express: all readers of an issue may click in one hour, and Express costs more than a redirect.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Express } from 'express';
import proxyAddr from 'proxy-addr';
import { hasBody } from '../body-deadline.js';
import type { Db } from '../db.js';
import type { Metrics } from '../metrics.js';
import { namesOneHost } from '../one-host.js';
import type { Keys } from '../secrets.js';
import { clickTokenLength, readClick } from './click-token.js';
import { openLinkBook } from './keep-links.js';
import { ruleOfRequest } from './machine-rules.js';
import type { ClickRecorder } from './record-clicks.js';

/** Whether the address belongs to a proxy that tells the truth about its callers (TRUST_PROXY). */
type Trust = (address: string, hop: number) => boolean;

interface ClickDeps {
  db: Db;
  now: () => Date;
  links: { key: Keys };
  clicks: Pick<ClickRecorder, 'record'>;
  observe: Metrics['observe'];
}

/** The declared route, for metrics. */
export const clickRoute = '/c/:token';
/** The address as mails have it. */
const path = new RegExp(`^/c/([\\w-]{${clickTokenLength}})(?:\\?|$)`);

/** Firefox and the standard, Chrome, old Firefox, old Safari. */
const purposes = ['sec-purpose', 'purpose', 'x-moz', 'x-purpose'];

// The token names the reader: the next site must not learn it, and no cache may answer for us.
const headers = { 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store', 'Content-Length': 0 };

/**
 * Answers clicks before `app`, which gets every other request. A click that fails goes there too and fails again, as
 * every request does; so does one whose address is spelled in another way.
 */
export function serveClicks(app: Express, deps: ClickDeps): RequestListener {
  const trusts = app.get('trust proxy fn') as Trust;
  const serve = openClickServer(deps, trusts);
  app.get(clickRoute, async (req, res, next) => void ((await serve(req, res, req.params.token)) || next()));
  return (request, response) => {
    const [, token] = path.exec(request.url ?? '') ?? [];
    if (token === undefined) return app(request, response);
    return void serve(request, response, token)
      .catch(() => false)
      .then((isServed) => isServed || app(request, response));
  };
}

/**
 * Returns a function that answers a click. It returns false if nobody signed the token, and throws if the database does
 * not answer; then nothing is sent.
 */
function openClickServer({ db, now, links, clicks, observe }: ClickDeps, trusts: Trust) {
  const addressOf = openLinkBook(db);
  return async (request: IncomingMessage, response: ServerResponse, token: string): Promise<boolean> => {
    const { method = '', rawHeaders } = request;
    if ((method !== 'GET' && method !== 'HEAD') || !namesOneHost(rawHeaders)) return false;
    const started = performance.now();
    const click = readClick(links.key, token);
    const location = click && (await addressOf(click.linkId));
    if (click === undefined || location === undefined) return false;
    // Nobody reads a body: without this it could hold the connection.
    const end = hasBody(request) ? { Connection: 'close' } : {};
    response.writeHead(302, { ...headers, ...end, Location: location }).end();
    clicks.record({ ...click, at: now(), rule: ruleOfRequest(shownBy(request, trusts)) });
    observe(clickRoute, request, response, (performance.now() - started) / 1000);
    return true;
  };
}

function shownBy(request: IncomingMessage, trusts: Trust) {
  const { method = '', headers: given } = request;
  const purpose = purposes.map((name) => given[name] ?? '').join(' ');
  return { method, purpose, userAgent: given['user-agent'], ip: proxyAddr(request, trusts) };
}
