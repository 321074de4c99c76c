// The console says when no DKIM key signs a newsletter's mail.
import { generateKeyPairSync } from 'node:crypto';
import { readConfig } from '../../src/config/environment.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { makeAccount, visitor } from './browser-session.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const database = useDatabase();
const app = useApp(database, {
  settings: {
    ...readConfig({ SMTP_URL: 'smtp://127.0.0.1:25' }),
    dkim: [{ domain: 'signed.example', selector: 'digest', privateKey }],
  },
});

test('a newsletter whose domain has no key has a warning, and one with a key has none', async () => {
  const address = (domain: string) => ({ name: 'News', address: `digest@${domain}` });
  await makeNewsletter(database.db, { name: 'Signed', from: address('news.signed.example') });
  await makeNewsletter(database.db, { name: 'Unsigned', from: address('other.example') });
  const owner = visitor(app.url);
  await owner.signIn(await makeAccount(database.db, 'owner'));
  const warning = 'Mail from other.example is not signed';
  expect((await owner.get('/console/newsletters/unsigned')).text).toContain(warning);
  expect((await owner.get('/console/newsletters/signed')).text).not.toContain('is not signed');
});
