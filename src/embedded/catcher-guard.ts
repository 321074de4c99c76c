// Guards the mail catcher against web pages. It listens on loopback without a sign-in, and caught mail holds
// readers' links and decision links. Any page in a browser on this machine can send requests to loopback, and
// with DNS rebinding it can do so as the catcher's own origin. MailDev itself answers every Host and allows
// every Origin.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const namesOfLoopback = ['127.0.0.1', 'localhost'];

/**
 * Why a request is refused; undefined: it is served. `port` is the catcher's. Programs send no Origin and no
 * Sec-Fetch-Site, so they are served; browsers send one of them with every request that a page could misuse.
 */
export function refusalOf(
  { method, url = '/', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  port: number,
): string | undefined {
  const hosts = namesOfLoopback.map((name) => `${name}:${port}`);
  const host = headers.host?.toLowerCase() ?? '';
  if (!hosts.includes(host)) return `open the caught mail at http://${hosts[0]}`;
  if (headers.origin !== undefined && headers.origin !== `http://${host}`)
    return 'a page of another site may not use the mail catcher';
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  // The console and the demo link to the catcher's page. Such a link opens it in a tab of its own.
  const opensThePage =
    method === 'GET' && headers['sec-fetch-dest'] === 'document' && !/^\/+(api|mcp|socket\.io)\b/i.test(url);
  return opensThePage ? undefined : 'a page of another site may not use the mail catcher';
}

function refuse(response: ServerResponse, reason: string): void {
  response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${reason}\n`);
}

/** Puts the guard in front of all that `server` answers: requests and WebSocket upgrades. */
export function guardServer(server: Server, port: number): void {
  type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  const answer = server.listeners('request') as ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => void)[];
  const upgrade = server.listeners('upgrade') as Upgrade[];
  server.removeAllListeners('request').removeAllListeners('upgrade').removeAllListeners('checkContinue');
  server.on('request', (request, response) => {
    const reason = refusalOf(request, port);
    if (reason !== undefined) return refuse(response, reason);
    // Caught HTML and attachments are shown as they are: their scripts must not run as the catcher's origin.
    const isApi = /^\/+api\b/i.test(request.url ?? '');
    response.setHeader('Content-Security-Policy', `${isApi ? 'sandbox; ' : ''}frame-ancestors 'self'`);
    for (const listener of answer) listener.call(server, request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    if (refusalOf(request, port) !== undefined) return void socket.destroy();
    for (const listener of upgrade) listener.call(server, request, socket, head);
  });
}
