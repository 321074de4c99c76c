// The passkeys of an account: adding, and removing. The page is that of the second factor.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { creationOptions, requestOptions } from '../../accounts/passkeys/options.js';
import { takeChallenge } from '../../joining/take-proof.js';
import { addPasskeyTo, removePasskeyFrom } from '../../team/second-factor.js';
import { oneLine } from '../../text/clean-text.js';
import type { ConsoleDeps } from '../deps.js';
import { formField } from '../form-field.js';
import { redirectWith, translatorOf } from '../page.js';
import { actorOf, sessionCookie, sessionOf } from '../session.js';
import { secretField } from './password-words.js';

const home = '/console/profile/second-factor';
const longestName = 60;

/** `steps`: a form of ours with a recent proof. `show`: the page, with what was wrong. */
export function passkeyRoutes(
  deps: ConsoleDeps,
  steps: RequestHandler[],
  show: (res: Response, wrongPasskey: string) => Promise<void>,
): Router {
  const router = express.Router();
  const holderOf = (req: Request): string => sessionCookie.read(deps, req) ?? '';

  router.get('/profile/passkey', async (req, res) => {
    const accountId = sessionOf(res).account.id;
    res.json((await requestOptions(deps, { accountId, holder: holderOf(req) })) ?? {});
  });
  router.get(`/profile/second-factor/passkey`, async (req, res) => {
    const { account } = sessionOf(res);
    res.json((await creationOptions(deps, { account, holder: holderOf(req) })) ?? {});
  });
  router.post('/profile/second-factor/passkey', steps, async (req: Request, res: Response) => {
    const isAdded = await addPasskeyTo(
      { ...deps, takeChallenge },
      {
        actor: actorOf(res),
        account: sessionOf(res).account,
        name: oneLine(formField(req, 'name')).slice(0, longestName) || translatorOf(res).t('passkey.one'),
        field: secretField(req, 'passkey'),
        holder: holderOf(req),
      },
    );
    if (isAdded) redirectWith(res, home, 'passkey-added');
    else await show(res, translatorOf(res).t('passkey.wrong'));
  });
  router.post('/profile/second-factor/passkey/remove', steps, async (req: Request, res: Response) => {
    const { account } = sessionOf(res);
    await removePasskeyFrom(deps, { actor: actorOf(res), account, id: formField(req, 'id') });
    redirectWith(res, home, 'passkey-removed');
  });
  return router;
}
