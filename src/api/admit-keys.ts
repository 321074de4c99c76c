// Admits requests to the API: checks the API key, its rate limit, the permission of its role, and its newsletters.
import type { Request, RequestHandler, Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { readApiKey } from '../accounts/api-keys.js';
import { may, type Actor, type NewsletterIds } from '../accounts/permission.js';
import { problem, sendProblem, type Problem } from '../problem.js';
import type { ApiDeps } from './deps.js';
import type { Endpoint } from './endpoint.js';
import { refuseByPath, type Reach } from './keep-keys.js';

/** Per key and web process. The limit is generous, so that only a runaway loop reaches it. */
export const requestsPerMinute = 6000;

/** The name of the limit in the headers. */
export const policyName = 'api-key';
/** Seconds. */
const period = 60;

export type KeyActor = Actor & { kind: 'key' } & { newsletterIds: NewsletterIds };

/** The key that `admitKeys` admitted. */
export const keyOf = (res: Response): KeyActor => (res.locals as { actor: KeyActor }).actor;

/**
 * Makes the handler that runs before each endpoint. It answers 401, 403 or 429, or admits the request. Each answer to
 * a valid key says what is left of the limit, as draft-ietf-httpapi-ratelimit-headers has it.
 */
export function admitKeys(
  deps: Pick<ApiDeps, 'db' | 'now'>,
  perMinute = requestsPerMinute,
): (endpoint: Reach & Pick<Endpoint, 'permission'>) => RequestHandler {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: period });
  return (endpoint) => async (req, res, next) => {
    res.set('Cache-Control', 'no-store');
    const actor = await readActor(deps, req);
    if (actor === undefined) res.set('WWW-Authenticate', 'Bearer');
    const refusal =
      actor === undefined
        ? problem(401, 'unauthorized', 'The request needs a valid API key: Authorization: Bearer dd_…')
        : ((await tooOften(limiter, actor, res)) ??
          forbidden(actor, endpoint) ??
          (await refuseByPath(deps, actor.newsletterIds, endpoint, String(req.params['id'] ?? ''))));
    if (refusal !== undefined) return sendProblem(res, refusal);
    res.locals['actor'] = actor;
    next();
  };
}

async function readActor(deps: Pick<ApiDeps, 'db' | 'now'>, req: Request): Promise<KeyActor | undefined> {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(req.get('authorization') ?? '') ?? [];
  const key = token === '' ? undefined : await readApiKey(deps, token);
  return key && { kind: 'key', id: key.id, role: key.role, newsletterIds: key.newsletterIds };
}

/** Counts the request, and says in headers what is left. */
async function tooOften(
  limiter: RateLimiterMemory,
  { id }: KeyActor,
  res: Response,
): Promise<Problem | undefined> {
  const counted = await limiter.consume(id).catch((refused: unknown) => refused);
  if (!(counted instanceof RateLimiterRes)) throw counted;
  const { remainingPoints, consumedPoints, msBeforeNext } = counted;
  res.set({
    'RateLimit-Policy': `"${policyName}";q=${limiter.points};w=${period}`,
    RateLimit: `"${policyName}";r=${remainingPoints};t=${Math.ceil(msBeforeNext / 1000)}`,
  });
  if (consumedPoints <= limiter.points) return undefined;
  const retryAfter = msBeforeNext / 1000;
  return problem(429, 'too-many-requests', 'This API key sends too many requests.', { retryAfter });
}

const forbidden = ({ role }: KeyActor, { permission }: Pick<Endpoint, 'permission'>): Problem | undefined =>
  may(role, permission)
    ? undefined
    : problem(403, 'forbidden', `The role ${role} of this key does not allow this.`);
