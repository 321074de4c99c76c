// The command that docs/integrating.md gives to static sites, run as it stands there.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../src/config/environment.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';

const database = useDatabase();
const app = useApp(database);
const noCurl = spawnSync('curl', ['--version']).error === undefined ? '' : ' (curl is not installed)';
const section = /### A static site\n(.*?)\n###? /s.exec(
  readFileSync(new URL('docs/integrating.md', packageRoot), 'utf8'),
)?.[1];
/** The commands of the section, in its order. */
const commands = [...(section ?? '').matchAll(/```sh\n(.*?)```/gs)].map(([, command = '']) => command);

let folder: string;
let feed: Server | undefined;
let key: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'daily-digest-static-'));
  key = await app.key('editor');
});
afterAll(async () => {
  feed?.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(command: string, ids: Record<string, string>) {
  const named = Object.entries(ids).reduce((text, [from, to]) => text.replaceAll(from, to), command);
  const child = spawn('sh', ['-euc', named], {
    cwd: folder,
    env: { ...process.env, DIGEST_SERVER: app.url, DIGEST_API_KEY: key },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  const [status] = (await once(child, 'close')) as [number];
  return { status, output };
}

(noCurl === '' ? describe : describe.skip)(`a static site${noCurl}`, () => {
  test('has its feed read as soon as it is deployed', async () => {
    const { id } = await makeNewsletter(database.db, { slug: 'with-feed' });
    let items = '';
    feed = createServer((_req, res) => {
      res.setHeader('content-type', 'application/rss+xml');
      res.end(
        `<rss version="2.0"><channel><title>S</title><link>https://s.example.org/</link><description>d</description>${items}</channel></rss>`,
      );
    }).listen(0, '127.0.0.1');
    await once(feed, 'listening');
    const url = `http://127.0.0.1:${(feed.address() as AddressInfo).port}/feed.xml`;
    const added = (await app.api('POST', `/newsletters/${id}/feeds`, { url })).body;
    await app.api('POST', `/feeds/${added.id}/poll`);
    items = `<item><title>Deployed</title><link>https://s.example.org/1</link><guid>1</guid><pubDate>${new Date().toUTCString()}</pubDate></item>`;
    const { status, output } = await run(commands[0] ?? '', { '/feeds/1/': `/feeds/${added.id}/` });
    expect([status, JSON.parse(output)]).toEqual([
      0,
      expect.objectContaining({ status: 'polled', created: 1 }),
    ]);
  });

  test('without a feed pushes its posts in each build, and each is created once', async () => {
    const { id } = await makeNewsletter(database.db, { slug: 'without-feed' });
    await mkdir(path.join(folder, 'public'));
    const post = { guid: 'first', url: 'https://s.example.org/first', title: 'First', topics: ['News'] };
    await writeFile(path.join(folder, 'public/digest.json'), JSON.stringify([post]));
    const ids = { '/newsletters/1/': `/newsletters/${id}/` };
    const first = await run(commands[1] ?? '', ids);
    expect([first.status, JSON.parse(first.output)]).toEqual([0, expect.objectContaining({ created: 1 })]);
    const again = await run(commands[1] ?? '', ids);
    expect([again.status, JSON.parse(again.output)]).toEqual([
      0,
      expect.objectContaining({ created: 0, unchanged: 1 }),
    ]);
  });

  test('fails its build when the server refuses', async () => {
    await writeFile(path.join(folder, 'public/digest.json'), '[{"title": "Nameless"}]');
    expect((await run(commands[1] ?? '', {})).status).not.toBe(0);
  });
});
