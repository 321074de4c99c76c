// Web pages cannot use the mail catcher: neither through another Host, nor from another Origin.
import { rm } from 'node:fs/promises';
import { createServer, request as sendRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTransport } from 'nodemailer';
import { refusalOf } from '../../src/embedded/catcher-guard.js';
import { startMailCatcher, type MailCatcher } from '../../src/embedded/mail-catcher.js';
import { createLog } from '../../src/log.js';
import { describeInBrowser, useBrowser } from '../browser/chromium.js';
import { temporaryFolder } from '../support/database.js';

const secret = 'https://digest.example/review/abc';
let dataDir: string;
let catcher: MailCatcher;
let address: URL;

beforeAll(async () => {
  dataDir = await temporaryFolder();
  catcher = await startMailCatcher({ dataDir, log: createLog('silent', 'test') });
  address = new URL(catcher.webUrl);
  const transport = createTransport(catcher.smtpUrl);
  await transport.sendMail({
    from: 'a@example.org',
    to: 'b@example.org',
    subject: 'Decide',
    text: secret,
    html: `<p>${secret}</p><script>document.title = 'ran'</script>`,
  });
  transport.close();
});
afterAll(async () => {
  await catcher.stop();
  await rm(dataDir, { recursive: true, force: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends exactly these headers; fetch would not let us set Host. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = sendRequest(
      { host: '127.0.0.1', port: address.port, path, method, agent: false, headers },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (part: string) => (body += part));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      },
    );
    request.on('upgrade', (answer, socket) => {
      socket.destroy();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: '' });
    });
    request.on('error', reject).end();
  });
}

const caught = async (): Promise<{ id: string }[]> =>
  JSON.parse((await ask('/api/email')).body) as { id: string }[];

test('a program on this machine reads the caught mail, and so does the page itself', async () => {
  expect((await ask('/api/email')).body).toContain(secret);
  const own = { host: `localhost:${address.port}`, 'sec-fetch-site': 'same-origin' };
  expect((await ask('/api/email', own)).body).toContain(secret);
  const typed = { accept: 'text/html', 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' };
  expect((await ask('/', typed)).status).toBe(200);
});

test.each([
  'evil.example',
  'evil.example:1080',
  '127.0.0.1',
  '127.0.0.1:1',
  '[::1]:1080',
  'localhost.evil:1080',
])('a request for the host %s is refused', async (host) => {
  for (const path of ['/', '/api/email', '/api/config', '/socket.io/?EIO=4&transport=polling', '/nothing']) {
    const { status, body } = await ask(path, { host });
    expect([path, status]).toEqual([path, 403]);
    expect(body).not.toContain(secret);
  }
});

test.each([
  'http://evil.example',
  'null',
  'http://localhost:1',
  'https://127.0.0.1',
  'http://127.0.0.1.evil',
])('the origin %s neither reads nor deletes mail, also not over a WebSocket', async (origin) => {
  const before = await caught();
  for (const [method, path] of [
    ['GET', '/api/email'],
    ['GET', `/api/email/${before[0]?.id}/html`],
    ['GET', '/socket.io/?EIO=4&transport=polling'],
    ['OPTIONS', '/api/email/all'],
    ['DELETE', '/api/email/all'],
    ['POST', `/api/email/${before[0]?.id}/relay`],
  ] as const) {
    const { status, headers } = await ask(path, { origin }, method);
    expect([path, status]).toEqual([path, 403]);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
  const upgrade = {
    origin,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  await expect(ask('/socket.io/?EIO=4&transport=websocket', upgrade)).rejects.toThrow('socket hang up');
  expect(await caught()).toEqual(before);
});

test('another site may open the page in a tab, and embed or load nothing of it', () => {
  const host = '127.0.0.1:1080';
  const refused = (url: string, site: string, dest: string, method = 'GET'): boolean =>
    refusalOf({ method, url, headers: { host, 'sec-fetch-site': site, 'sec-fetch-dest': dest } }, 1080) !==
    undefined;
  expect(refused('/', 'cross-site', 'document')).toBe(false);
  expect(refused('/', 'same-site', 'document')).toBe(false);
  for (const [url, dest, method] of [
    ['/', 'iframe', 'GET'],
    ['/', 'document', 'POST'],
    ['/api/email', 'document', 'GET'],
    ['//api/email', 'document', 'GET'],
    ['/API/reloadMailsFromDirectory', 'document', 'GET'],
    ['/api/email/1/attachment/a.js', 'script', 'GET'],
    ['/api/email/1/attachment/a.png', 'image', 'GET'],
  ] as const) {
    expect([url, dest, refused(url, 'cross-site', dest, method)]).toEqual([url, dest, true]);
    expect([url, dest, refused(url, 'same-site', dest, method)]).toEqual([url, dest, true]);
  }
});

describeInBrowser('in chromium', () => {
  const browser = useBrowser();
  let site: Server;
  beforeAll(async () => {
    site = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<title>another site</title>');
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    site.close();
  });

  test('a page of another origin neither reads nor empties the catcher', async () => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    const tried = await page.evaluate<string[]>(`Promise.all([
      fetch('${catcher.webUrl}/api/email').then((answer) => answer.text()),
      fetch('${catcher.webUrl}/api/email/all', { method: 'DELETE' }).then((answer) => answer.text()),
    ].map((attempt) => attempt.catch(() => 'refused')))`);
    expect(tried).toEqual(['refused', 'refused']);
    expect(await caught()).toHaveLength(1);
    await page.close();
  });

  test('the page shows caught mail, and the scripts of a mail do not run', async () => {
    const page = await browser.newPage();
    await page.goto(catcher.webUrl);
    await page.getByText('Decide').first().waitFor();
    const [mail] = await caught();
    await page.goto(`${catcher.webUrl}/api/email/${mail?.id}/html`);
    expect(await page.textContent('p')).toBe(secret);
    expect(await page.title()).not.toBe('ran');
    await page.close();
  });
});
