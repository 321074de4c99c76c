// Signing in with a passkey: alone, or after the password in the place of a code.
import express, { type Request, type Response, type Router } from 'express';
import { requestOptions } from '../../accounts/passkeys/options.js';
import { signInWithPasskey } from '../../accounts/passkeys/use-passkey.js';
import { readHalfSession } from '../../accounts/sign-in.js';
import { takeChallenge } from '../../joining/take-proof.js';
import type { MessageKey } from '../../languages/messages.js';
import { callerKey, isThisMachine } from '../../rates/counts.js';
import type { ConsoleDeps } from '../deps.js';
import { secretField } from '../profile/password-words.js';
import { isOwnForm, sessionCookie, signInCookie } from '../session.js';
import { enterConsole } from './enter.js';
import { passkeyRefusals } from './passkey-words.js';

interface Step {
  path: string;
  /** After the password: the cookie is that of a session which awaits a second factor. */
  isSecond: boolean;
  /** Shows the page again. */
  refuse(req: Request, res: Response, status: number, why: MessageKey): Promise<void>;
}

export function signInByPasskeyRoutes(deps: ConsoleDeps, steps: readonly Step[]): Router {
  const router = express.Router();
  for (const { path, isSecond, refuse } of steps) {
    const holderOf = (req: Request): string =>
      (isSecond ? sessionCookie.read(deps, req) : signInCookie(deps, req)) ?? '';

    router.get(path, async (req, res) => {
      const holder = holderOf(req);
      const half = isSecond ? await readHalfSession(deps, holder) : undefined;
      if (isSecond && !half) return res.redirect(303, '/console/sign-in');
      const of = half === undefined ? {} : { accountId: half.account.id };
      res.json((await requestOptions(deps, { ...of, holder })) ?? {});
    });

    router.post(path, async (req, res) => {
      const holder = holderOf(req);
      const half = isSecond ? await readHalfSession(deps, holder) : undefined;
      const expected = isSecond ? half?.csrfToken : holder || undefined;
      if (!isOwnForm(deps, req, expected)) return refuse(req, res, 403, 'signIn.expired');
      const ip = req.ip ?? '';
      const result = await signInWithPasskey(
        { ...deps, takeChallenge },
        {
          field: secretField(req, 'passkey'),
          holder,
          half,
          userAgent: req.get('user-agent') ?? '',
          caller: isThisMachine(ip) ? undefined : callerKey(ip),
        },
      );
      if (result.ok) return enterConsole(deps, req, res, { result, to: secretField(req, 'to') });
      if (result.code === 'too-many') res.set('Retry-After', String(result.retryAfter));
      const { status, key } = passkeyRefusals[result.code];
      await refuse(req, res, status, key);
    });
  }
  return router;
}
