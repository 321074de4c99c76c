// Limits how often one caller may POST to a group of pages, before the body is read.
import type { Request, RequestHandler, Response } from 'express';
import type { Allowance } from '../config/limits.js';
import type { Db } from '../db.js';
import { callerKey, isThisMachine, openCounts } from './counts.js';

interface Limit {
  /** The pages that share this name share their count. */
  name: string;
  allowance: Allowance;
  /** Answers a caller beyond the limit; `retryAfter` is in seconds. */
  refuse(request: Request, response: Response, retryAfter: number): void;
}

/** Lets GET pass, and a POST of a caller that is within the limit. */
export function limitCallers({ db }: { db: Db }, { name, allowance, refuse }: Limit): RequestHandler {
  const counts = openCounts(db);
  return async (request, response, next) => {
    const ip = request.ip ?? '';
    if (request.method !== 'POST' || isThisMachine(ip)) return next();
    const { count, secondsLeft } = await counts.add(`${name}:${callerKey(ip)}`, allowance);
    if (count <= allowance.times) return next();
    response.set('Connection', 'close');
    return refuse(request, response, Math.max(1, secondsLeft));
  };
}
