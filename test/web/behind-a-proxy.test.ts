// The examples of docs/deploying, with the real servers: what a proxy breaks most often works behind each of them.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { packageRoot } from '../../src/config/environment.js';
import { freePort } from '../../src/embedded/ports.js';
import { forLocalhost, relayKey } from '../support/certificates.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { issueFor, makeNewsletter } from '../support/newsroom.js';
import { allowSlowTests } from '../support/time-limit.js';
import { waitUntil } from '../support/wait.js';

allowSlowTests();

const database = useDatabase();
const app = useApp(database, { settings: { trustProxy: 1 } });

interface Place {
  folder: string;
  port: number;
  /** Of the application. */
  upstream: string;
}

const example = (name: string): Promise<string> =>
  readFile(new URL(`docs/deploying/${name}`, packageRoot), 'utf8');

/** How each program is started with the example: certificates, ports and folders of the test replace those of a machine. */
const proxies = {
  nginx: async ({ folder, port, upstream }: Place) => {
    const site = (await example('nginx.conf'))
      .replaceAll('digest.example.org', 'localhost')
      .replace('listen 80;', `listen 127.0.0.1:${await freePort()};`)
      .replace('listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`)
      .replace('127.0.0.1:3000', upstream)
      .replaceAll('/etc/letsencrypt/live/localhost', folder);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join(' ');
    await writeFile(
      path.join(folder, 'nginx.conf'),
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}
       http { access_log off; ${temporary} ${site} }`,
    );
    return { args: ['-p', folder, '-c', path.join(folder, 'nginx.conf')], env: {} };
  },
  caddy: async ({ folder, port, upstream }: Place) => {
    const site = (await example('Caddyfile')).replace(
      'reverse_proxy',
      `tls ${folder}/fullchain.pem ${folder}/privkey.pem\n\treverse_proxy`,
    );
    await writeFile(
      path.join(folder, 'Caddyfile'),
      `{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system ${folder}\n}\n${site}`,
    );
    const args = ['run', '--config', path.join(folder, 'Caddyfile'), '--adapter', 'caddyfile'];
    // As docker-compose.yml names them.
    return { args, env: { SITE: `https://localhost:${port}`, UPSTREAM: upstream } };
  },
};

/** A request over TLS to the proxy, as a browser sends it. */
async function ask(
  port: number,
  address: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<IncomingMessage> {
  const sent = request({
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    path: address,
    method,
    ca: forLocalhost,
    headers: { host: 'localhost', 'content-length': String(Buffer.byteLength(body)), ...headers },
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer;
}

const isInstalled = (program: string): boolean => spawnSync(program, ['-v']).error === undefined;

/** Whether requests of this address are counted. */
const isCounted = async (ip: string): Promise<boolean> =>
  (await database.db.query<{ key: string }>('select key from rate_limits')).some(({ key }) =>
    key.includes(ip),
  );

for (const [index, [program, configure]] of Object.entries(proxies).entries()) {
  const claimed = `203.0.113.${index + 1}`;
  const why = isInstalled(program) ? '' : ` (${program} is not installed)`;
  (isInstalled(program) ? describe : describe.skip)(`behind ${program}${why}`, () => {
    let port: number;
    let folder: string;
    let stop: () => Promise<unknown>;
    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'daily-digest-proxy-'));
      await writeFile(path.join(folder, 'fullchain.pem'), forLocalhost);
      await writeFile(path.join(folder, 'privkey.pem'), relayKey, { mode: 0o600 });
      port = await freePort();
      const { args, env } = await configure({ folder, port, upstream: new URL(app.url).host });
      const child = spawn(program, args, { env: { PATH: process.env['PATH'], HOME: folder, ...env } });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const ended = once(child, 'exit');
      stop = () => (child.kill('SIGKILL'), ended);
      await waitUntil(
        async () => {
          if (child.exitCode !== null) throw new Error(said);
          return (await ask(port, '/healthz').catch(() => undefined))?.statusCode === 200;
        },
        20_000,
        program,
      );
    });
    afterAll(async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    });

    test('a caller cannot claim another address, and a form is taken', async () => {
      const { slug } = await makeNewsletter(database.db, { name: `Through ${program}` });
      expect((await ask(port, `/n/${slug}`)).statusCode).toBe(200);
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': claimed };
      const body = JSON.stringify({ email: `reader@${program}.example.org` });
      const answer = await ask(port, `/n/${slug}/subscribe`, { method: 'POST', headers, body });
      expect([answer.statusCode, await text(answer)]).toEqual([202, '{"status":"accepted"}']);
      expect(await isCounted(claimed)).toBe(false);
      // Without the proxy the header is believed, so the claim would be seen.
      await fetch(`${app.url}/n/${slug}/subscribe`, { method: 'POST', headers, body });
      expect(await isCounted(claimed)).toBe(true);
    });

    test('a list of 20 MB comes through', async () => {
      const { id } = await makeNewsletter(database.db, { name: `List by ${program}` });
      const row = `${'x'.repeat(50)}@readers.example.org\n`;
      const answer = await ask(port, `/api/v1/newsletters/${id}/imports?dryRun=true`, {
        method: 'POST',
        headers: {
          'content-type': 'text/csv',
          authorization: `Bearer ${await app.key('owner')}`,
          'idempotency-key': `list-${program}`,
        },
        body: `email\n${row.repeat(20_000_000 / row.length)}`,
      });
      expect([answer.statusCode, Object.keys(JSON.parse(await text(answer)) as object)]).toEqual([
        202,
        ['id'],
      ]);
    });

    test('the counts of an issue arrive while it is sent', async () => {
      const { issueId } = await issueFor(database.db, 3, { name: `Counts by ${program}` });
      const events = await ask(port, `/api/v1/issues/${issueId}/events`, {
        headers: { authorization: `Bearer ${await app.key('owner')}` },
      });
      const [first] = (await once(events, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
      events.destroy();
      expect(first.toString()).toContain('event: counts');
    });
  });
}
