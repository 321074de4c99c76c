// RFC 9112 section 3.2: a request with two Host headers, or one that names no host, gets status 400. A proxy may
// read the first and we the second, so that its rules would apply to another site than the answer.
import type { RequestHandler } from 'express';
import { problem, sendProblem } from './problem.js';

/** A name or IPv4 address (RFC 3986 section 3.2.2), or an IPv6 address in brackets, and a port. */
const host = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+;=%-]*)(?::\d{0,5})?$/i;

/** `rawHeaders`: names and values in turn. */
export function namesOneHost(rawHeaders: readonly string[]): boolean {
  const given = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host');
  // HTTP/1.0 needs none.
  return given.length <= 1 && given.every((one) => host.test(one));
}

export const requireOneHost: RequestHandler = (request, response, next) => {
  if (namesOneHost(request.rawHeaders)) return next();
  response.set('Connection', 'close');
  return sendProblem(response, problem(400, 'bad-host', 'A request names one host, in one Host header.'));
};
