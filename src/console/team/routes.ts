// The team: who may sign in, with which role. For owners.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import { changeRole, deleteAccount, getAccount, listAccounts } from '../../accounts/manage-accounts.js';
import { roles, type NewsletterIds, type Role } from '../../accounts/permission.js';
import type { Session } from '../../accounts/sign-in.js';
import type { Translator } from '../../languages/translate.js';
import { pageOf } from '../../paging.js';
import { parseAddress } from '../../subscribers/address.js';
import { invite, sendLink } from '../../team/invite.js';
import { turnOffSecondFactor } from '../../team/second-factor.js';
import { roleInWords } from '../../team/role-words.js';
import type { ConsoleDeps } from '../deps.js';
import { formField } from '../form-field.js';
import { requireProof, samePage } from '../profile/prove.js';
import { redirectWith, sendPage, translatorOf } from '../page.js';
import { madeFrom } from '../newsletter-form.js';
import { saveForm } from '../saving/save-form.js';
import { newsletterChoice, newsletterIdsOf } from '../scope/choose-newsletters.js';
import { actorOf, requireForm, requirePermission, sessionOf } from '../session.js';
import { roleChanges, roleTyped, type RoleAgain, type RoleForm } from './role-form.js';

const home = '/console/team';
const perPage = 50;

type Account = Session['account'];

/** An account as a row or a page shows it. */
function shown(account: Account, words: Translator) {
  const { id, email, role, seenAt, hasJoined, hasSecondFactor, newsletterIds } = account;
  return {
    id,
    email,
    role: roleInWords(role, words),
    seenAt,
    never: words.t('team.neverSeen'),
    hasJoined,
    hasSecondFactor,
    /** Undefined: all newsletters. */
    covered: newsletterIds === null ? undefined : words.t('team.covered', { count: newsletterIds.length }),
  };
}

const roleOptions = (chosen: Role, words: Translator) =>
  roles.map((role) => ({ value: role, label: roleInWords(role, words), chosen: role === chosen }));

const roleOf = (req: Request): Role => roles.find((role) => role === formField(req, 'role')) ?? 'viewer';

interface Refused {
  newsletterIds: NewsletterIds;
  email: string;
  role: Role;
  wrong: string;
}

async function list(deps: ConsoleDeps, req: Request, res: Response, refused?: Refused): Promise<void> {
  const { cursor } = req.query;
  const words = translatorOf(res);
  const after = typeof cursor === 'string' && /^\d{1,19}$/.test(cursor) ? cursor : '0';
  const { data, nextCursor } = pageOf(await listAccounts(deps.db, { after, limit: perPage + 1 }), perPage);
  const { account } = sessionOf(res);
  const view = {
    accounts: data.map((one) => ({ ...shown(one, words), isSelf: one.id === account.id })),
    next: nextCursor,
    refused,
    roles: roleOptions(refused?.role ?? 'editor', words),
    ...(await newsletterChoice(deps.db, refused?.newsletterIds ?? null)),
  };
  sendPage(res, 'team', view, refused ? { status: 422 } : {});
}

async function receiveInvitation(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const words = translatorOf(res);
  const typed = { email: formField(req, 'email'), role: roleOf(req), newsletterIds: newsletterIdsOf(req) };
  const address = parseAddress(typed.email);
  if (!address.ok) return list(deps, req, res, { ...typed, wrong: words.say(address.reason) });
  const invited = await invite(deps, {
    actor: actorOf(res),
    email: address.address,
    role: typed.role,
    newsletterIds: typed.newsletterIds,
    language: words.language,
  });
  if (!invited.ok) return list(deps, req, res, { ...typed, wrong: words.t('team.hasAccount') });
  redirectWith(res, home, 'invited');
}

function sendNoAccount(res: Response): void {
  const { t } = translatorOf(res);
  sendPage(res, 'message', { heading: t('team.noAccount'), text: t('team.noAccountText') }, { status: 404 });
}

type AccountAct = (deps: ConsoleDeps, account: Account, req: Request, res: Response) => Promise<void>;

/** Finds the account that the address names. */
const about =
  (deps: ConsoleDeps) =>
  (act: AccountAct) =>
  async (req: Request, res: Response): Promise<void> => {
    const account = await getAccount(deps.db, String(req.params['id']));
    if (account) await act(deps, account, req, res);
    else sendNoAccount(res);
  };

/** `wrong`: why nothing was done. `again`: the form of the role comes back. */
async function showAccount(
  deps: ConsoleDeps,
  account: Account,
  res: Response,
  { wrong, again }: { wrong?: string; again?: RoleAgain } = {},
): Promise<void> {
  const words = translatorOf(res);
  const isSelf = account.id === sessionOf(res).account.id;
  const { role, newsletterIds } = again?.form.patch ?? account;
  const choice = await newsletterChoice(deps.db, newsletterIds);
  const view = {
    about: { ...shown(account, words), isSelf },
    roles: roleOptions(role, words),
    ...choice,
    madeFrom: again?.madeFrom ?? madeFrom(roleTyped(account)),
    changed: roleChanges(again?.changed ?? [], choice.newsletters, words),
    wrong: wrong ?? again?.form.wrong,
  };
  sendPage(res, 'team-account', view, { status: wrong === undefined ? (again?.status ?? 200) : 409 });
}

const show: AccountAct = async (deps, account, _req, res) => showAccount(deps, account, res);

const receiveRole: AccountAct = (deps, account, req, res) => {
  const form: RoleForm = { patch: { role: roleOf(req), newsletterIds: newsletterIdsOf(req) } };
  const detail = { from: account.role, to: form.patch.role, newsletterIds: form.patch.newsletterIds };
  return saveForm(
    deps,
    { req, res },
    {
      form,
      stored: account,
      typedOf: roleTyped,
      save: (patch, isStale) => changeRole(deps, { id: account.id, ...patch }, isStale),
      problemOf: ({ code }) =>
        code === 'last-owner' ? { ...form, wrong: translatorOf(res).t('team.lastOwner') } : undefined,
      sendAgain: (again) => showAccount(deps, again.stored, res, { again }),
      audit: { action: 'account.change-role', subject: `account:${account.id}`, detail },
      next: () => [home, 'role-changed'],
    },
  );
};

const receiveLink: AccountAct = async (deps, account, _req, res) => {
  const sent = await sendLink(deps, { actor: actorOf(res), id: account.id });
  if (sent.ok) redirectWith(res, `${home}/${account.id}`, 'link-sent');
  else sendNoAccount(res);
};

const removeFactor: AccountAct = async (deps, account, _req, res) => {
  await turnOffSecondFactor(deps, { actor: actorOf(res), accountId: account.id });
  redirectWith(res, `${home}/${account.id}`, 'colleague-factor-off');
};

const askToRemove: AccountAct = async (_deps, account, _req, res) => {
  sendPage(res, 'team-remove', { about: account });
};

const remove: AccountAct = async (deps, account, _req, res) => {
  const removed = await deleteAccount(deps, { id: account.id });
  if (!removed.ok && removed.code === 'last-owner')
    return showAccount(deps, account, res, { wrong: translatorOf(res).t('team.lastOwner') });
  if (!removed.ok) return sendNoAccount(res);
  await recordAudit(deps, {
    actor: actorOf(res),
    action: 'account.delete',
    subject: `account:${account.id}`,
  });
  redirectWith(res, home, 'account-removed');
};

export function teamRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [mayRead, isForm, account] = [requirePermission('own'), requireForm(deps, 'own'), about(deps)];
  router.get('/team', mayRead, (req, res) => list(deps, req, res));
  const listProof = requireProof(deps, () => home);
  const accountProof = requireProof(deps, (req) => `${home}/${String(req.params['id'])}`);
  router.post('/team', isForm, listProof, (req, res) => receiveInvitation(deps, req, res));
  router.get('/team/:id', mayRead, account(show));
  router.post('/team/:id/role', isForm, accountProof, account(receiveRole));
  router.post('/team/:id/link', isForm, account(receiveLink));
  router.post('/team/:id/second-factor', isForm, accountProof, account(removeFactor));
  router.get('/team/:id/remove', mayRead, requireProof(deps, samePage), account(askToRemove));
  router.post('/team/:id/remove', isForm, requireProof(deps, samePage), account(remove));
  return router;
}
