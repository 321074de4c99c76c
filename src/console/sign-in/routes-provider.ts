// Signing in through a provider, and proving through it who acts (src/accounts/sign-in-provider.ts).
//
// 1. A link leads here, and from here to the provider. A cookie, sealed, keeps what the return must bring.
// 2. The provider sends the browser back to one address. The cookie is used up, whatever comes of it.
//
// These are GET requests, because another site leads to them. The state in the cookie shows that this browser began.
import express, { type Request, type Response, type Router } from 'express';
import type { FinishedSignIn, SignInProvider } from '../../accounts/sign-in-provider.js';
import { proveByProvider, signInByProvider } from '../../accounts/sign-in-by-provider.js';
import { readSession } from '../../accounts/sign-in.js';
import { callerKey, isThisMachine } from '../../rates/counts.js';
import type { ConsoleDeps } from '../deps.js';
import { pendingCookie, sessionCookie, type PendingReturn } from '../session.js';
import { enterConsole, pageAfterSignIn } from './enter.js';
import { isProviderProblem, type ProviderProblem } from './provider-words.js';

/** The path of the page that shows a problem. It holds only the name, so that a link cannot show a text of its author. */
const problemPage = (purpose: PendingReturn['purpose'], problem: ProviderProblem, to: string): string =>
  `/console/${purpose}?${new URLSearchParams({ problem, to }).toString()}`;

async function begin(
  deps: ConsoleDeps,
  provider: SignInProvider,
  req: Request,
  res: Response,
  purpose: PendingReturn['purpose'],
): Promise<void> {
  const to = pageAfterSignIn(req.query['to']);
  const begun = await provider.begin({ again: purpose === 'prove' });
  if (!begun) return res.redirect(303, problemPage(purpose, 'down', to));
  pendingCookie.set(deps, res, { ...begun.pending, purpose, to });
  res.redirect(303, begun.url);
}

async function finish(
  deps: ConsoleDeps,
  provider: SignInProvider,
  req: Request,
  res: Response,
): Promise<void> {
  const pending = pendingCookie.read(deps, req);
  pendingCookie.clear(deps, res);
  if (!pending) return res.redirect(303, problemPage('sign-in', 'expired', '/console'));
  const at = req.originalUrl.indexOf('?');
  const finished = await provider.finish(pending, at === -1 ? '' : req.originalUrl.slice(at));
  const problem = await (pending.purpose === 'prove' ? prove : enter)(deps, req, res, { pending, finished });
  if (problem) res.redirect(303, problemPage(pending.purpose, problem, pending.to));
}

interface Returned {
  pending: PendingReturn;
  finished: FinishedSignIn;
}

/** Undefined: signed in, and answered. */
async function enter(
  deps: ConsoleDeps,
  req: Request,
  res: Response,
  { pending, finished }: Returned,
): Promise<ProviderProblem | undefined> {
  if (!finished.ok) return finished.code;
  const ip = req.ip ?? '';
  const result = await signInByProvider(deps, {
    identity: finished.identity,
    userAgent: req.get('user-agent') ?? '',
    caller: isThisMachine(ip) ? undefined : callerKey(ip),
  });
  if (!result.ok) return result.code;
  await enterConsole(deps, req, res, { result, to: pending.to });
  return undefined;
}

async function prove(
  deps: ConsoleDeps,
  req: Request,
  res: Response,
  { pending, finished }: Returned,
): Promise<ProviderProblem | undefined> {
  if (!finished.ok) return finished.code;
  const token = sessionCookie.read(deps, req) ?? '';
  const session = await readSession(deps, token);
  if (!session) return 'expired';
  const proved = await proveByProvider(deps, {
    account: session.account,
    identity: finished.identity,
    startedAt: new Date(pending.startedAt),
    token,
  });
  if (!proved.ok) return proved.code;
  res.redirect(303, pending.to);
  return undefined;
}

/** Before any sign-in. Without a provider these pages do not exist. */
export function providerRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const { provider } = deps;
  if (provider === undefined) return router;
  router.get('/sign-in/provider', (req, res) => begin(deps, provider, req, res, 'sign-in'));
  router.get('/sign-in/provider/return', (req, res) => finish(deps, provider, req, res));
  router.get('/prove/provider', (req, res) => begin(deps, provider, req, res, 'prove'));
  return router;
}

/** The problem that the address of a page names. */
export const problemAsked = ({ query }: Request): ProviderProblem | undefined =>
  isProviderProblem(query['problem']) ? query['problem'] : undefined;
