// The embedded mail catcher.
import { rm } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import { findMailCatcher, startMailCatcher } from '../../src/embedded/mail-catcher.js';
import { createLog } from '../../src/log.js';
import { temporaryFolder } from '../support/database.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const log = createLog('silent', 'test');
const message = {
  from: 'a@example.org',
  to: 'b@example.org',
  subject: 'Grüße',
  text: 'Hi',
  html: '<p>Hi</p>',
};

async function caught(webUrl: string): Promise<{ subject: string }[]> {
  const answer = await fetch(`${webUrl}/api/email`, { headers: { connection: 'close' } });
  return (await answer.json()) as { subject: string }[];
}

let dataDir: string;
beforeAll(async () => {
  dataDir = await temporaryFolder();
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

test('mail is caught, shown on a page, and still there after a restart; two catchers take two ports', async () => {
  expect(findMailCatcher(dataDir)).toBeUndefined();
  const catcher = await startMailCatcher({ dataDir, log });
  const { smtpUrl, webUrl } = catcher;
  expect(findMailCatcher(dataDir)).toEqual({ smtpUrl, webUrl });

  const transport = createTransport(smtpUrl);
  await transport.sendMail(message);
  transport.close();
  expect(await caught(webUrl)).toMatchObject([{ subject: 'Grüße' }]);
  const page = await fetch(webUrl, { headers: { accept: 'text/html', connection: 'close' } });
  expect(await page.text()).toContain('<title>MailDev</title>');

  const otherDir = await temporaryFolder();
  const other = await startMailCatcher({ dataDir: otherDir, log });
  expect(other.smtpUrl).not.toBe(smtpUrl);
  expect(await caught(other.webUrl)).toEqual([]);
  await Promise.all([other.stop(), catcher.stop()]);
  await rm(otherDir, { recursive: true });

  expect(findMailCatcher(dataDir)).toBeUndefined();
  const again = await startMailCatcher({ dataDir, log });
  expect(await caught(again.webUrl)).toMatchObject([{ subject: 'Grüße' }]);
  await again.stop();
});
