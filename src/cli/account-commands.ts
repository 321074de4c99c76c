// account create, api-key create: accounts and API keys.
import { day } from '../durations.js';
import { inEnglish } from '../languages/translate.js';
import { randomBytes } from 'node:crypto';
import { text as readText } from 'node:stream/consumers';
import { createApiKey } from '../accounts/api-keys.js';
import { recordAudit } from '../accounts/audit.js';
import { passwordProblem, passwordProblemInEnglish } from '../accounts/choose-password.js';
import { createAccount } from '../accounts/create-account.js';
import { roles, type Actor } from '../accounts/permission.js';
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
import { withContext } from './context.js';

const cli: Actor = { kind: 'cli', role: 'owner' };
const roleOption = { choices: roles, help: 'what the holder may do (default: owner)' };

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
    password: { value: 'TEXT', help: 'password; other users of this machine can see it in the process list' },
    'password-stdin': { help: 'read the password from standard input' },
  },
  async run(call) {
    const email = parseAddress(needed(call, 'email'));
    if (!email.ok) throw new UsageError(`--email: ${inEnglish(email.reason)}`);
    const role = choice(call, 'role', roles) ?? 'owner';
    const given = await givenPassword(call, email.address);
    // 96 random bits cannot be guessed.
    const password = given ?? randomBytes(12).toString('base64url');
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

const createKeyCommand: Command = {
  name: 'api-key create',
  summary: 'Create an API key and print it; it cannot be shown again',
  options: {
    name: { value: 'NAME', help: 'what the key is for', needed: true },
    role: roleOption,
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
      const { apiKey, key } = await createApiKey(context, { name, role, expiresAt });
      await recordAudit(context, { actor: cli, action: 'api-key.create', subject: `api-key:${key.id}` });
      call.out.result({ apiKey, id: key.id, name, role, expiresAt }, apiKey);
      return 0;
    });
  },
};

export const accountCommands = [createAccountCommand, createKeyCommand];
