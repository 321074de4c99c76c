// The second factor of an account: passkeys, an authenticator app, and recovery codes.
import express, { type Request, type Response, type Router } from 'express';
import { listPasskeys } from '../../accounts/passkeys/manage-passkeys.js';
import { rpIdOf } from '../../accounts/passkeys/options.js';
import { endSetup, readFactor, startSetup } from '../../accounts/set-up-factor.js';
import { totpAddress } from '../../accounts/totp.js';
import { renewRecoveryCodes, turnOffSecondFactor, turnOnSecondFactor } from '../../team/second-factor.js';
import type { ConsoleDeps } from '../deps.js';
import { redirectWith, sendPage, translatorOf } from '../page.js';
import { actorOf, requireForm, sessionOf } from '../session.js';
import { secretField } from './password-words.js';
import { requireProof } from './prove.js';
import { qrPath } from './qr.js';
import { passkeyRoutes } from './routes-passkeys.js';

const home = '/console/profile/second-factor';

const idOf = (res: Response): string => sessionOf(res).account.id;

async function show(
  deps: ConsoleDeps,
  res: Response,
  wrong: { wrong?: string; wrongPasskey?: string } = {},
): Promise<void> {
  const { account } = sessionOf(res);
  const { codesLeft, setup } = await readFactor(deps, account.id);
  const secret = setup?.secret;
  const address =
    secret === undefined
      ? undefined
      : totpAddress(secret, { label: account.email, issuer: new URL(deps.baseUrl).host });
  const view = {
    ...wrong,
    passkeyHost: rpIdOf(deps),
    passkeys: await listPasskeys(deps, account.id),
    codesLeft,
    codes: setup?.codes,
    qr: address === undefined ? undefined : qrPath(address),
    address,
    // In groups of four, as people type it.
    secret: secret?.match(/.{1,4}/g)?.join(' '),
  };
  sendPage(res, 'second-factor', view, Object.keys(wrong).length === 0 ? {} : { status: 422 });
}

async function start(deps: ConsoleDeps, res: Response): Promise<void> {
  if (!sessionOf(res).account.hasApp) await startSetup(deps, idOf(res));
  res.redirect(303, home);
}

async function confirm(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const accountId = idOf(res);
  const code = secretField(req, 'code');
  if (await turnOnSecondFactor(deps, { actor: actorOf(res), accountId, code }))
    return redirectWith(res, home, 'factor-on');
  await show(deps, res, { wrong: translatorOf(res).t('factor.wrongCode') });
}

async function turnOff(deps: ConsoleDeps, res: Response): Promise<void> {
  await turnOffSecondFactor(deps, { actor: actorOf(res), accountId: idOf(res) });
  redirectWith(res, home, 'factor-off');
}

async function renew(deps: ConsoleDeps, res: Response): Promise<void> {
  if (sessionOf(res).account.hasSecondFactor)
    await renewRecoveryCodes(deps, { actor: actorOf(res), accountId: idOf(res) });
  res.redirect(303, home);
}

async function finish(deps: ConsoleDeps, res: Response): Promise<void> {
  await endSetup(deps, idOf(res));
  res.redirect(303, home);
}

export function secondFactorRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const steps = [requireForm(deps, 'read'), requireProof(deps, () => home)];
  router.get(
    '/profile/second-factor',
    requireProof(deps, () => home),
    (_req, res) => show(deps, res),
  );
  router.post('/profile/second-factor/start', steps, (_req: Request, res: Response) => start(deps, res));
  router.post('/profile/second-factor/confirm', steps, (req: Request, res: Response) =>
    confirm(deps, req, res),
  );
  router.post('/profile/second-factor/codes', steps, (_req: Request, res: Response) => renew(deps, res));
  router.post('/profile/second-factor/done', steps, (_req: Request, res: Response) => finish(deps, res));
  router.post('/profile/second-factor/off', steps, (_req: Request, res: Response) => turnOff(deps, res));
  router.use(passkeyRoutes(deps, steps, (res, wrongPasskey) => show(deps, res, { wrongPasskey })));
  return router;
}
