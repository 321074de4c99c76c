// Admits requests to the API: checks the API key, its rate limit and the permission of its role.
import type { Request, RequestHandler, Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { readApiKey } from '../accounts/api-keys.js';
import { may, type Actor, type Permission } from '../accounts/permission.js';
import { problem, sendProblem, type Problem } from '../problem.js';
import type { ApiDeps } from './deps.js';

/** Per key and web process. The limit is generous, so that only a runaway loop reaches it. */
export const requestsPerMinute = 6000;

export type KeyActor = Actor & { kind: 'key' };

/** The key that `admitKeys` admitted. */
export const keyOf = (res: Response): KeyActor => (res.locals as { actor: KeyActor }).actor;

/** Makes the handler that runs before each endpoint. It answers 401, 403 or 429, or admits the request. */
export function admitKeys(deps: ApiDeps): (permission: Permission) => RequestHandler {
  const limiter = new RateLimiterMemory({ points: requestsPerMinute, duration: 60 });
  return (permission) => async (req, res, next) => {
    res.set('Cache-Control', 'no-store');
    const actor = await readActor(deps, req);
    if (actor === undefined) res.set('WWW-Authenticate', 'Bearer');
    const refusal =
      actor === undefined
        ? problem(401, 'unauthorized', 'The request needs a valid API key: Authorization: Bearer dd_…')
        : ((await tooOften(limiter, actor)) ?? forbidden(actor, permission));
    if (refusal !== undefined) return sendProblem(res, refusal);
    res.locals['actor'] = actor;
    next();
  };
}

async function readActor(deps: ApiDeps, req: Request): Promise<KeyActor | undefined> {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(req.get('authorization') ?? '') ?? [];
  const key = token === '' ? undefined : await readApiKey(deps, token);
  return key && { kind: 'key', id: key.id, role: key.role };
}

async function tooOften(limiter: RateLimiterMemory, { id }: KeyActor): Promise<Problem | undefined> {
  try {
    await limiter.consume(id);
    return undefined;
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    const retryAfter = error.msBeforeNext / 1000;
    return problem(429, 'too-many-requests', 'This API key sends too many requests.', { retryAfter });
  }
}

const forbidden = ({ role }: KeyActor, permission: Permission): Problem | undefined =>
  may(role, permission)
    ? undefined
    : problem(403, 'forbidden', `The role ${role} of this key does not allow this.`);
