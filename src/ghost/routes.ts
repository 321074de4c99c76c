// The address that Ghost calls: POST /hooks/ghost/:id, with the newsletter's id. Ghost deletes a webhook that is
// answered with 410, so no answer is.
import express, { type Request, type Router } from 'express';
import type { Allowance } from '../config/limits.js';
import type { Log } from '../log.js';
import { problem, sendProblem } from '../problem.js';
import { limitCallers } from '../rates/routes-limit-callers.js';
import { takeGhostNews, type GhostDeps, type TakenNews } from './take-news.js';

// Ghost sends the post in each of its forms: HTML, plain text, and the editor's own.
const readCall = express.raw({ type: () => true, limit: '5mb' });
/** An import into Ghost publishes its whole archive. */
const callsOfOneSite: Allowance = { times: 3000, withinSeconds: 3600 };

const answers: Record<Exclude<TakenNews, 'taken'>, readonly [status: number, detail: string]> = {
  'bad-signature': [
    401,
    "X-Ghost-Signature does not fit this newsletter's secret, or its time is over five minutes away.",
  ],
  'unknown-newsletter': [404, 'There is no such newsletter.'],
  unreadable: [400, 'The body is not what Ghost sends for a post.'],
};

export function ghostRoutes(deps: GhostDeps & { log: Log }): Router {
  const router = express.Router();
  const limit = limitCallers(deps, {
    name: 'ghost',
    allowance: callsOfOneSite,
    refuse: (_req, res, retryAfter) => void res.set('Retry-After', String(retryAfter)).status(429).end(),
  });
  router.post('/hooks/ghost/:id', limit, readCall, async (req: Request<{ id: string }>, res) => {
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    const taken = await takeGhostNews(deps, req.params.id, { header: req.get('x-ghost-signature'), body });
    if (taken === 'taken') return void res.status(204).end();
    deps.log.warn({ reason: taken }, 'ghost: a call of a webhook was refused');
    const [status, detail] = answers[taken];
    return sendProblem(res, problem(status, taken, detail));
  });
  return router;
}
