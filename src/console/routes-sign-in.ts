// Signing in to the console, and out.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { knowsPasskeys } from '../accounts/passkeys/manage-passkeys.js';
import { rpIdOf } from '../accounts/passkeys/options.js';
import { readHalfSession, signIn, signInWithCode, signOut, type SignInResult } from '../accounts/sign-in.js';
import { openChallenges, type Challenges } from '../joining/challenge.js';
import { takeProof } from '../joining/take-proof.js';
import type { Translator } from '../languages/translate.js';
import { callerKey, isThisMachine } from '../rates/counts.js';
import type { ConsoleDeps } from './deps.js';
import { redirectWith, sendPage, translatorOf } from './page.js';
import {
  actorOf,
  isOwnForm,
  knownBrowserCookie,
  requireForm,
  requireSession,
  sessionCookie,
  signInCookie,
  signInToken,
} from './session.js';
import { enterConsole, pageAfterSignIn } from './sign-in/enter.js';
import { providerProblemInWords } from './sign-in/provider-words.js';
import { signInByPasskeyRoutes } from './sign-in/routes-passkey.js';
import { problemAsked, providerRoutes } from './sign-in/routes-provider.js';

const field = (req: Request, name: string): string => {
  const value: unknown = (req.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : '';
};

/** The form, with a problem or after a refusal. */
async function show(
  deps: ConsoleDeps,
  req: Request,
  res: Response,
  view: object = {},
  status = 200,
): Promise<void> {
  const to = pageAfterSignIn(req.query['to'] ?? field(req, 'to'));
  sendPage(
    res,
    'sign-in',
    {
      signInToken: signInToken(deps, req, res),
      to,
      provider: deps.provider?.host,
      passkeyHost: (await knowsPasskeys(deps)) ? rpIdOf(deps) : undefined,
      ...view,
    },
    { status },
  );
}

/** The form. After a return from the provider that signed nobody in, it says why. */
async function showAsked(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const asked = problemAsked(req);
  if (asked === undefined || deps.provider === undefined) return show(deps, req, res);
  const problem = providerProblemInWords(asked, deps.provider.host, translatorOf(res));
  return show(deps, req, res, { problem }, asked === 'down' ? 502 : 401);
}

const codePage = '/console/sign-in/code';
const challengePath = '/console/sign-in/challenge';

/** The form again, after an attempt that did not succeed. */
async function showRefused(
  deps: ConsoleDeps,
  req: Request,
  res: Response,
  { result, email }: { result: Exclude<SignInResult, { ok: true }>; email: string },
): Promise<void> {
  const { t } = translatorOf(res);
  if (result.code === 'wrong') return show(deps, req, res, { email, problem: t('signIn.wrong') }, 401);
  res.set('Retry-After', String(result.retryAfter));
  const problem = t('signIn.tooMany', { minutes: Math.ceil(result.retryAfter / 60) });
  const challenge = `${challengePath}?times=${result.times}`;
  return show(deps, req, res, { email, problem, challenge }, 429);
}

async function receiveSignIn(
  deps: ConsoleDeps,
  challenges: Challenges,
  req: Request,
  res: Response,
): Promise<void> {
  const email = field(req, 'email').trim().slice(0, 320);
  if (!isOwnForm(deps, req, signInCookie(deps, req)))
    return show(deps, req, res, { email, problem: translatorOf(res).t('signIn.expired') }, 403);
  const ip = req.ip ?? '';
  const known = knownBrowserCookie.read(deps, req);
  const userAgent = req.get('user-agent') ?? '';
  const result = await signIn(deps, {
    email,
    password: field(req, 'password'),
    caller: isThisMachine(ip) ? undefined : callerKey(ip),
    userAgent,
    knownBrowser: known,
    takeProof: (times) => takeProof({ db: deps.db, challenges }, { field: field(req, 'altcha'), times }),
  });
  if (!result.ok) return showRefused(deps, req, res, { result, email });
  if (!result.awaitsCode) return enterConsole(deps, req, res, { result, to: field(req, 'to') });
  sessionCookie.set(deps, res, result.token, result.expiresAt);
  res.redirect(303, `${codePage}?to=${encodeURIComponent(pageAfterSignIn(field(req, 'to')))}`);
}

type Say = (words: Translator) => string;

/** The page that asks for the second factor, after the password. */
async function askForCode(
  deps: ConsoleDeps,
  req: Request,
  res: Response,
  { status = 200, wrong, wrongPasskey }: { status?: number; wrong?: Say; wrongPasskey?: Say } = {},
): Promise<void> {
  const half = await readHalfSession(deps, sessionCookie.read(deps, req) ?? '');
  if (!half) return res.redirect(303, '/console/sign-in');
  res.locals['language'] = half.account.language;
  const to = pageAfterSignIn(req.query['to'] ?? field(req, 'to'));
  const words = translatorOf(res);
  const view = {
    signInToken: half.csrfToken,
    to,
    wrong: wrong?.(words),
    wrongPasskey: wrongPasskey?.(words),
    isRecovery: !half.account.hasApp,
    passkeyHost: half.account.hasPasskey ? rpIdOf(deps) : undefined,
  };
  sendPage(res, 'sign-in-code', view, { status });
}

async function receiveCode(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const token = sessionCookie.read(deps, req) ?? '';
  const half = await readHalfSession(deps, token);
  if (!half || !isOwnForm(deps, req, half.csrfToken))
    return askForCode(deps, req, res, { status: 403, wrong: ({ t }) => t('signIn.expired') });
  const ip = req.ip ?? '';
  const result = await signInWithCode(deps, {
    token,
    code: field(req, 'code'),
    userAgent: req.get('user-agent') ?? '',
    caller: isThisMachine(ip) ? undefined : callerKey(ip),
  });
  if (result.ok) return enterConsole(deps, req, res, { result, to: field(req, 'to') });
  if (result.code === 'too-many') {
    res.set('Retry-After', String(result.retryAfter));
    return askForCode(deps, req, res, { status: 429, wrong: ({ t }) => t('factor.tooMany') });
  }
  await askForCode(deps, req, res, { status: 401, wrong: ({ t }) => t('factor.wrongCode') });
}

export function signInRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const challenges = openChallenges(deps);

  router.get('/sign-in', (req, res) => showAsked(deps, req, res));
  router.use(providerRoutes(deps));

  router.get('/sign-in/challenge', async (req, res) => {
    const times = Number(req.query['times']);
    res.set('Cache-Control', 'no-store');
    res.json(await challenges.make(Number.isInteger(times) && times >= 1 && times <= 64 ? times : 1));
  });

  router.post('/sign-in', (req, res) => receiveSignIn(deps, challenges, req, res));

  router.get('/sign-in/code', (req, res) => askForCode(deps, req, res));
  router.post('/sign-in/code', (req, res) => receiveCode(deps, req, res));

  router.use(
    signInByPasskeyRoutes(deps, [
      {
        path: '/sign-in/passkey',
        isSecond: false,
        refuse: (req, res, status, why) =>
          show(deps, req, res, { wrongPasskey: translatorOf(res).t(why) }, status),
      },
      {
        path: '/sign-in/code/passkey',
        isSecond: true,
        refuse: (req, res, status, why) =>
          askForCode(deps, req, res, { status, wrongPasskey: ({ t }) => t(why) }),
      },
    ]),
  );

  router.post('/sign-out', requireSession(deps), requireForm(deps, 'read'), async (req, res) => {
    await signOut(deps, sessionCookie.read(deps, req) ?? '');
    await recordAudit(deps, { actor: actorOf(res), action: 'account.sign-out' });
    sessionCookie.clear(deps, res);
    redirectWith(res, '/console/sign-in', 'signed-out');
  });
  return router;
}
