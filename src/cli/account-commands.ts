// account create, invite, list, password, remove; api-key create: accounts and API keys.
import { day } from '../durations.js';
import { inEnglish } from '../languages/translate.js';
import { randomBytes } from 'node:crypto';
import { text as readText } from 'node:stream/consumers';
import { createApiKey } from '../accounts/api-keys.js';
import { recordAudit } from '../accounts/audit.js';
import { passwordProblem, passwordProblemInEnglish } from '../accounts/choose-password.js';
import { createAccount } from '../accounts/create-account.js';
import { deleteAccount, findAccount, listAccounts } from '../accounts/manage-accounts.js';
import type { Session } from '../accounts/sign-in.js';
import { storePassword } from '../team/change-password.js';
import { turnOffSecondFactor } from '../team/second-factor.js';
import { invite, sendLink } from '../team/invite.js';
import { languages } from '../languages/language.js';
import { formatTime } from '../text/words.js';
import type { Database } from '../db.js';
import { roles, type Actor, type NewsletterIds } from '../accounts/permission.js';
import { parseAddress } from '../subscribers/address.js';
import {
  choice,
  CommandError,
  flag,
  needed,
  text,
  UsageError,
  wholeNumber,
  type CommandCall,
  type Command,
} from './command.js';
import { theNewsletter, withContext, type Context } from './context.js';
import { table } from './output.js';

const cli: Actor = { kind: 'cli', role: 'owner' };
const roleOption = { choices: roles, help: 'what the holder may do (default: owner)' };

const passwordOptions: Command['options'] = {
  password: { value: 'TEXT', help: 'password; other users of this machine can see it in the process list' },
  'password-stdin': { help: 'read the password from standard input' },
};
/** 96 random bits cannot be guessed. */
const randomPassword = (): string => randomBytes(12).toString('base64url');

/** The password from the options. If undefined, the account gets a random one. */
async function givenPassword(call: CommandCall, email: string): Promise<string | undefined> {
  const password = flag(call, 'password-stdin')
    ? (await readText(process.stdin)).replace(/\r?\n$/, '')
    : text(call, 'password');
  const problem = password === undefined ? undefined : passwordProblem(password, email);
  if (problem !== undefined) throw new UsageError(passwordProblemInEnglish[problem]);
  return password;
}

const createAccountCommand: Command = {
  name: 'account create',
  summary: 'Create an account for the console',
  options: {
    email: { value: 'ADDRESS', help: 'e-mail address to sign in with', needed: true },
    role: roleOption,
    ...passwordOptions,
  },
  async run(call) {
    const email = parseAddress(needed(call, 'email'));
    if (!email.ok) throw new UsageError(`--email: ${inEnglish(email.reason)}`);
    const role = choice(call, 'role', roles) ?? 'owner';
    const given = await givenPassword(call, email.address);
    const password = given ?? randomPassword();
    return withContext(async (context) => {
      const result = await createAccount(context, { email: email.address, password, role });
      if (!result.ok) throw new CommandError(result.code, `${email.address} already has an account.`);
      const { account } = result;
      await recordAudit(context, { actor: cli, action: 'account.create', subject: `account:${account.id}` });
      call.out.result(
        { id: account.id, email: account.email, role, ...(given === undefined ? { password } : {}) },
        [
          `${account.email} can now sign in at ${context.baseUrl}/console as ${role}.`,
          ...(given === undefined ? [`Password (shown only now): ${password}`] : []),
        ],
      );
      return 0;
    });
  },
};

const newslettersOption = (holder: string): Command['options'][string] => ({
  value: 'SLUG,…',
  help: `slugs or ids of the newsletters that the ${holder} reaches (default: all)`,
});

const inviteCommand: Command = {
  name: 'account invite',
  summary: 'Mail a link by which a colleague chooses a password',
  options: {
    email: { value: 'ADDRESS', help: 'e-mail address of the colleague', needed: true },
    role: { ...roleOption, help: 'what the account may do (default: editor)' },
    newsletters: newslettersOption('account'),
    language: { choices: languages, help: 'language of the mail and the console (default: en)' },
  },
  async run(call) {
    const email = parseAddress(needed(call, 'email'));
    if (!email.ok) throw new UsageError(`--email: ${inEnglish(email.reason)}`);
    const { address } = email;
    const role = choice(call, 'role', roles) ?? 'editor';
    const language = choice(call, 'language', languages) ?? 'en';
    return withContext(async (context) => {
      const newsletterIds = await namedNewsletters(context.db, call);
      const invited = await invite(context, { actor: cli, email: address, role, newsletterIds, language });
      if (!invited.ok) throw new CommandError(invited.code, `${address} already has an account.`);
      const { id } = invited.account;
      call.out.result({ id, email: address, role, newsletterIds }, `An invitation goes to ${address}.`);
      return 0;
    });
  },
};

/** The account whose address is the argument. */
async function theAccount({ db }: Context, call: CommandCall): Promise<Session['account']> {
  const [email = ''] = call.args;
  const account = await findAccount(db, email);
  if (!account) throw new CommandError('not-found', `There is no account ${email}.`);
  return account;
}

const listAccountsCommand: Command = {
  name: 'account list',
  summary: 'List the accounts with their roles',
  options: {},
  async run(call) {
    return withContext(async ({ db }) => {
      const accounts = await listAccounts(db, { limit: 10_000 });
      call.out.result(
        { data: accounts },
        table([
          ['account', 'role', 'last seen'],
          ...accounts.map(({ email, role, seenAt, hasJoined }) => [
            email,
            role,
            seenAt === null ? (hasJoined ? 'never' : 'invited') : formatTime(seenAt, 'UTC'),
          ]),
        ]),
      );
      return 0;
    });
  },
};

const passwordCommand: Command = {
  name: 'account password',
  summary: 'Give an account a new password, and end its sessions',
  args: '<address>',
  argsHelp: 'the e-mail address of the account',
  options: {
    ...passwordOptions,
    mail: {
      help: 'send a link by which the account chooses a password; change nothing yet',
      conflicts: 'password',
    },
  },
  async run(call) {
    const given = await givenPassword(call, call.args[0] ?? '');
    if (flag(call, 'mail') && given !== undefined) throw new UsageError('--mail takes no password.');
    return withContext(async (context) => {
      const account = await theAccount(context, call);
      if (flag(call, 'mail')) {
        await sendLink(context, { actor: cli, id: account.id });
        call.out.result({ id: account.id, email: account.email }, `A link goes to ${account.email}.`);
        return 0;
      }
      const chosen = given ?? randomPassword();
      await storePassword(context, { account, chosen, actor: cli });
      call.out.result(
        { id: account.id, email: account.email, ...(given === undefined ? { password: chosen } : {}) },
        [
          `${account.email} has a new password, and is signed out everywhere.`,
          ...(given === undefined ? [`Password (shown only now): ${chosen}`] : []),
        ],
      );
      return 0;
    });
  },
};

const removeAccountCommand: Command = {
  name: 'account remove',
  summary: 'Remove an account and sign it out',
  args: '<address>',
  argsHelp: 'the e-mail address of the account',
  options: {},
  async run(call) {
    return withContext(async (context) => {
      const { id, email } = await theAccount(context, call);
      const removed = await deleteAccount(context, { id });
      if (!removed.ok)
        throw new CommandError(
          removed.code,
          removed.code === 'last-owner' ? `${email} is the last owner.` : `There is no account ${email}.`,
        );
      await recordAudit(context, { actor: cli, action: 'account.delete', subject: `account:${id}` });
      call.out.result({ id, email }, `${email} is removed.`);
      return 0;
    });
  },
};

const removeFactorCommand: Command = {
  name: 'account remove-second-factor',
  summary:
    'Remove the app, the passkeys and the recovery codes of an account: its password alone then opens it',
  args: '<address>',
  argsHelp: 'the e-mail address of the account',
  options: {},
  async run(call) {
    return withContext(async (context) => {
      const { id, email } = await theAccount(context, call);
      const removed = await turnOffSecondFactor(context, { actor: cli, accountId: id });
      call.out.result(
        { id, email, removed },
        removed ? `${email} signs in with the password alone.` : `${email} has no second factor.`,
      );
      return 0;
    });
  },
};

/** The ids that --newsletters names. null: all. */
async function namedNewsletters(db: Database, call: CommandCall): Promise<NewsletterIds> {
  const named = text(call, 'newsletters');
  if (named === undefined) return null;
  const ids: string[] = [];
  for (const newsletter of named.split(',').map((one) => one.trim()))
    ids.push((await theNewsletter(db, { values: { newsletter } })).id);
  return ids;
}

const createKeyCommand: Command = {
  name: 'api-key create',
  summary: 'Create an API key and print it; it cannot be shown again',
  options: {
    name: { value: 'NAME', help: 'what the key is for', needed: true },
    role: roleOption,
    newsletters: newslettersOption('key'),
    'expires-in-days': {
      value: 'N',
      help: 'days until the key expires (default: never)',
      range: [1, 36_500],
    },
  },
  async run(call) {
    const name = needed(call, 'name').trim().slice(0, 100);
    const role = choice(call, 'role', roles) ?? 'owner';
    const days = wholeNumber(call, 'expires-in-days');
    return withContext(async (context) => {
      const expiresAt = days === undefined ? null : new Date(context.now().getTime() + days * day);
      const newsletterIds = await namedNewsletters(context.db, call);
      const { apiKey, key } = await createApiKey(context, { name, role, newsletterIds, expiresAt });
      await recordAudit(context, {
        actor: cli,
        action: 'api-key.create',
        subject: `api-key:${key.id}`,
        detail: { newsletterIds },
      });
      call.out.result({ apiKey, id: key.id, name, role, newsletterIds, expiresAt }, apiKey);
      return 0;
    });
  },
};

export const accountCommands = [
  createAccountCommand,
  inviteCommand,
  listAccountsCommand,
  passwordCommand,
  removeAccountCommand,
  removeFactorCommand,
  createKeyCommand,
];
