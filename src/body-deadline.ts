// Ends requests whose body comes too slowly. Each holds a connection, and a client can open thousands.
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';

/** Milliseconds for a body to arrive. Every body is small, except a list of readers. */
const bodyArrives = 30_000;

const deadlines = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/** Exempts the request: its body is large, and its sender is known. */
export function allowSlowBody(request: IncomingMessage): void {
  clearTimeout(deadlines.get(request));
}

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Ends requests of any method: nothing reads the body of a GET, but it holds the connection as well. */
export function limitBodyTime(milliseconds = bodyArrives): RequestHandler {
  return (request, response, next) => {
    if (!hasBody(request)) return next();
    const deadline = setTimeout(() => {
      if (request.complete) return;
      // The connection may outlive the response: it is free only after the whole body.
      if (response.headersSent) request.destroy();
      // RFC 9110 section 15.5.9
      else response.writeHead(408, { Connection: 'close' }).end(() => request.destroy());
    }, milliseconds).unref();
    deadlines.set(request, deadline);
    request.once('end', () => clearTimeout(deadline));
    next();
  };
}
