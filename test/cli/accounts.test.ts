// The commands for accounts.
import { accountCommands } from '../../src/cli/account-commands.js';
import { isPassword } from '../../src/accounts/password.js';
import { useDatabase } from '../support/fixture.js';
import { runHere, useCommandEnvironment } from './in-process.js';

const database = useDatabase();
useCommandEnvironment(() => ({ DATABASE_URL: database.url }));

interface Printed {
  id: string;
  password: string;
  data: { email: string; role: string }[];
}
const digest = async (...args: string[]) => (await runHere(accountCommands, args)).document as Printed;

const passwordOf = async (id: string): Promise<string | undefined> =>
  (
    await database.db.one<{ hash: string | null }>(
      'select password_hash as hash from accounts where id = $1',
      [id],
    )
  ).hash ?? undefined;

const owner = 'owner@tide.example';
const viewer = 'viewer@tide.example';

test('accounts are made, listed and removed, but never the last owner', async () => {
  await digest('account', 'create', '--email', owner);
  await digest('account', 'create', '--email', viewer, '--role', 'viewer');
  const { data } = await digest('account', 'list');
  expect(data.map(({ email, role }) => [email, role])).toEqual([
    [owner, 'owner'],
    [viewer, 'viewer'],
  ]);
  expect(JSON.stringify(data)).not.toMatch(/argon2|hash/i);
  await expect(digest('account', 'remove', owner)).rejects.toThrow(`${owner} is the last owner.`);
  await expect(digest('account', 'remove', 'nobody@tide.example')).rejects.toThrow(/^There is no account/);
});

test('a new password ends the sessions, and a common one is refused', async () => {
  const { id } = await database.db.one<{ id: string }>('select id from accounts where email = $1', [viewer]);
  await database.db.query(
    `insert into sessions (token_hash, account_id, csrf_token, expires_at) values ('\\x01', $1, 'x', now() + interval '1 day')`,
    [id],
  );
  await expect(digest('account', 'password', viewer, '--password', 'password123')).rejects.toThrow(
    /password/i,
  );
  expect(await database.db.query('select from sessions')).toHaveLength(1);
  const { password } = await digest('account', 'password', viewer);
  expect(await isPassword(await passwordOf(id), password)).toBe(true);
  expect(await database.db.query('select from sessions')).toHaveLength(0);
  await digest('account', 'password', viewer, '--password', 'six rowing boats at dawn');
  expect(await isPassword(await passwordOf(id), 'six rowing boats at dawn')).toBe(true);
});

test('a link by mail changes nothing yet', async () => {
  const { id } = await digest('account', 'password', viewer, '--mail');
  expect(await isPassword(await passwordOf(id), 'six rowing boats at dawn')).toBe(true);
  expect(await database.db.query('select from account_links where account_id = $1', [id])).toHaveLength(1);
});

test('each act is in the audit log, without a password', async () => {
  const invite = ['account', 'invite', '--email', 'colleague@tide.example', '--language', 'de'];
  expect(await digest(...invite)).toMatchObject({ email: 'colleague@tide.example', role: 'editor' });
  await expect(digest(...invite)).rejects.toThrow('already has an account');
  await digest('account', 'remove', 'colleague@tide.example');
  await digest('account', 'remove', viewer);
  const acts = await database.db.query<{ action: string; detail: unknown }>(
    'select action, detail from audit order by id',
  );
  expect(acts.map(({ action }) => action)).toEqual([
    'account.create',
    'account.create',
    'account.change-password',
    'account.change-password',
    'account.send-link',
    'account.invite',
    'account.delete',
    'account.delete',
  ]);
  expect(JSON.stringify(acts)).not.toMatch(/rowing/);
});
