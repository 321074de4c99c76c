// `newsletter look --logo FILE` uploads the file.
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CommandError, UsageError } from '../../src/cli/command.js';
import { lookCommand } from '../../src/cli/newsletter-look.js';
import { drawPicture } from '../../src/demo/picture.js';
import { temporaryFolder } from '../support/database.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter, makePosts } from '../support/newsroom.js';
import { runHere, useCommandEnvironment } from './in-process.js';

const database = useDatabase();
useCommandEnvironment(() => ({ DATABASE_URL: database.url, BASE_URL: 'https://digest.example.org' }));

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  file = path.join(folder, 'our logo.png');
  await writeFile(file, drawPicture('dawn'));
  await makePosts(database.db, (await makeNewsletter(database.db)).id, 1);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const look = (...args: string[]) => runHere([lookCommand], ['newsletter', 'look', ...args]);
const address = expect.stringMatching(/^https:\/\/digest\.example\.org\/logos\/[0-9a-f]{64}\.png$/) as string;
const audited = () => database.db.query<{ action: string }>('select action from audit order by id');

test('the file is measured, stored and saved, and the audit log has both', async () => {
  const { status, document } = await look('--logo', file, '--brand-colour', '#2c6e49');
  expect(status).toBe(0);
  expect(document).toMatchObject({
    brandColour: '#2c6e49',
    logo: { url: address, width: 114, height: 64 },
  });
  expect((await audited()).map(({ action }) => action)).toEqual([
    'newsletter.upload-logo',
    'newsletter.change',
  ]);
  expect(await database.db.query('select from newsletter_logos')).toHaveLength(1);
  expect((await look('--logo', 'https://example.org/logo.png 220x60')).document).toMatchObject({
    logo: { url: 'https://example.org/logo.png', width: 220, height: 60 },
  });
  expect((await look('--logo', 'none')).document).toMatchObject({ logo: null });
});

test('a preview shows the file, and changes no look', async () => {
  const html = path.join(folder, 'mail.html');
  expect((await look('--logo', file, '--preview', html)).status).toBe(0);
  expect((await look()).document).toMatchObject({ logo: null });
});

test('what is no logo is refused with the name of the file', async () => {
  const other = path.join(folder, 'other');
  await writeFile(other, '<svg/>');
  await expect(look('--logo', other)).rejects.toThrow(`${other}: The file is an SVG`);
  await expect(look('--logo', other)).rejects.toThrow(CommandError);
  await truncate(other, 0);
  await expect(look('--logo', other)).rejects.toThrow(`${other}: The file is empty.`);
  await truncate(other, 5_000_000_000);
  await expect(look('--logo', other)).rejects.toThrow('larger than 1 MB');
  const missing = path.join(folder, 'missing.png');
  await expect(look('--logo', missing)).rejects.toThrow(/^--logo: cannot read .*missing\.png/);
  await mkdir(path.join(folder, 'a-folder'));
  await expect(look('--logo', path.join(folder, 'a-folder'))).rejects.toThrow(UsageError);
  await expect(look('--logo', 'https://example.org/logo.png')).rejects.toThrow(/needs "URL WIDTHxHEIGHT"/);
});
