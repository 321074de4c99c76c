// A span for each request that may change something: forms, clicks on buttons, calls of the API. Requests that only
// read are in the log and the metrics.
//
// A traceparent that the caller sends is ignored: strangers could otherwise choose which of their requests are
// recorded, and in which trace.
import type { Request, RequestHandler } from 'express';
import { inSpan } from './trace.js';

/**
 * The declared path, without tokens and slugs: few enough values for a metric. If a router is mounted under a
 * parameter, `baseUrl` holds its value; the router needs mergeParams, or the parameter's name is unknown
 * here.
 */
export function routeOf(req: Request): string {
  const declared: unknown = req.route?.path;
  if (typeof declared !== 'string') return 'unmatched';
  const names = new Map(Object.entries(req.params).map(([name, value]) => [String(value), `:${name}`]));
  const mounted = req.baseUrl.split('/').map((part) => names.get(decodePart(part)) ?? part);
  return `${mounted.join('/')}${declared === '/' ? '' : declared}` || '/';
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const readsOnly: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export function traceRequests(): RequestHandler {
  return (request, response, next) => {
    if (readsOnly.has(request.method)) return next();
    const { method } = request;
    const options = { kind: 'server', parent: null, attributes: { 'http.request.method': method } } as const;
    void inSpan(method, options, (span) => {
      const answered = new Promise<void>((resolve) => {
        response.on('close', () => {
          // Not the path, which may hold a token. The route is known once the request is answered.
          const route = routeOf(request);
          const { statusCode } = response;
          span.rename(`${method} ${route}`);
          span.note({ 'http.route': route, 'http.response.status_code': statusCode });
          if (statusCode >= 500) span.fail(String(statusCode));
          resolve();
        });
      });
      next();
      return answered;
    });
  };
}
