// Clients that real generators make from the served document: they compile, and do the same against the real server.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from '../support/database.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { generatorsFolder, npmFile, pythonFolder, pythonProgram } from '../support/generators.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const app = useApp(useDatabase());
let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  const served = await fetch(`${app.url}/api/v1/openapi.json`);
  writeFileSync(path.join(folder, 'openapi.json'), await served.text());
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a program to its end in the folder, and returns what it printed. Throws if it fails. */
function make(program: string, args: readonly string[], env: Record<string, string> = {}): string {
  const options = { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } } as const;
  const { status, stdout, stderr } = spawnSync(program, args, options);
  if (status !== 0) throw new Error(`${program} ended with ${status}:\n${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

/** Runs a client against the server of this process, and returns the JSON that it printed. */
async function use(program: string, file: string): Promise<unknown> {
  const child = spawn(program, [file, `${app.url}/api/v1`, await app.key('owner')], { cwd: folder });
  let printed = '';
  let said = '';
  child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  await once(child, 'close');
  expect([child.exitCode, said]).toEqual([0, '']);
  return JSON.parse(printed);
}

/** What each client does: it makes a newsletter and readers, reads all pages, and changes on condition. */
const done = (language: string) => ({
  emails: Array.from({ length: 5 }, (_, n) => `${language}${n + 1}@example.org`),
  pages: 3,
  unchanged: 304,
  changed: 'Changed',
  stale: [412, 'precondition-failed'],
  missing: [404, 'not-found'],
  limited: true,
});

const inTypeScript = `import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

const [baseUrl = '', key = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${key}\` } });
type Subscriber = components['schemas']['Subscriber'];

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('no answer');
  return value;
}

const made = await client.POST('/newsletters', { body: { name: 'Typed', from: { address: 'typed@example.org' } } });
const { id } = must(made.data);
for (let n = 1; n <= 5; n += 1) await client.POST('/subscribers', { body: { email: \`typescript\${n}@example.org\` } });
const found: Subscriber[] = [];
let pages = 0;
let cursor: string | null = null;
do {
  const query: { limit: number; search: string; cursor?: string } = { limit: 2, search: 'typescript' };
  if (cursor !== null) query.cursor = cursor;
  const page: { data: Subscriber[]; nextCursor: string | null } = must(
    (await client.GET('/subscribers', { params: { query } })).data,
  );
  found.push(...page.data);
  cursor = page.nextCursor;
  pages += 1;
} while (cursor !== null);
const read = await client.GET('/newsletters/{id}', { params: { path: { id } } });
const tag = read.response.headers.get('etag') ?? '';
const unchanged = await client.GET('/newsletters/{id}', {
  params: { path: { id }, header: { 'If-None-Match': tag } },
});
const onCondition = { params: { path: { id }, header: { 'If-Match': tag } } };
const changed = await client.PATCH('/newsletters/{id}', { ...onCondition, body: { name: 'Changed' } });
const stale = await client.PATCH('/newsletters/{id}', { ...onCondition, body: { name: 'Lost' } });
const missing = await client.GET('/newsletters/{id}', { params: { path: { id: '987654321' } } });
// @ts-expect-error A newsletter has a name.
client.POST('/newsletters', { body: {} }).catch(() => undefined);
process.stdout.write(
  JSON.stringify({
    emails: found.map(({ email }) => email).toSorted(),
    pages,
    unchanged: unchanged.response.status,
    changed: must(changed.data).name,
    stale: [stale.response.status, must(stale.error).code],
    missing: [missing.response.status, must(missing.error).code],
    limited: read.response.headers.has('ratelimit'),
  }),
);
`;

const openapiTypescript = npmFile('openapi-typescript/bin/cli.js');
const unlessNpm = openapiTypescript
  ? ''
  : ' (skipped: npm run generators has not installed openapi-typescript)';

(openapiTypescript ? describe : describe.skip)(`in TypeScript${unlessNpm}`, () => {
  test('openapi-typescript makes types, a strict program with them compiles and runs', async () => {
    symlinkSync(path.join(generatorsFolder, 'node_modules'), path.join(folder, 'node_modules'));
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(path.join(folder, 'use.ts'), inTypeScript);
    make(process.execPath, [openapiTypescript ?? '', 'openapi.json', '--output', 'api.d.ts']);
    const strict = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes'];
    const target = ['--target', 'es2022', '--module', 'nodenext', '--lib', 'es2023,dom', '--types', 'node'];
    const types = path.join(folder, 'types');
    mkdirSync(types);
    symlinkSync(npmRoot('@types/node'), path.join(types, 'node'));
    symlinkSync(npmRoot('undici-types'), path.join(types, 'undici-types'));
    const tsc = npmFile('typescript/bin/tsc') ?? '';
    make(process.execPath, [tsc, ...strict, ...target, '--typeRoots', types, 'use.ts']);
    expect(await use(process.execPath, 'use.js')).toEqual(done('typescript'));
  });
});

function npmRoot(name: string): string {
  return path.join(generatorsFolder, '..', '..', name);
}

const inPython = `import json
import sys

from client import AuthenticatedClient
from client.api.newsletters import get_newsletters_by_id, patch_newsletters_by_id, post_newsletters
from client.api.subscribers import get_subscribers, post_subscribers
from client.models import NewsletterInput, NewsletterPatch, SubscriberInput
from client.types import UNSET

client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
made = post_newsletters.sync(
    client=client, body=NewsletterInput.from_dict({"name": "Typed", "from": {"address": "typed@example.org"}})
)
for n in range(1, 6):
    post_subscribers.sync(client=client, body=SubscriberInput(email=f"python{n}@example.org"))
found, pages, cursor = [], 0, UNSET
while cursor is not None:
    page = get_subscribers.sync(client=client, limit=2, search="python", cursor=cursor)
    found += page.data
    cursor = page.next_cursor
    pages += 1
read = get_newsletters_by_id.sync_detailed(made.id, client=client)
tag = read.headers["etag"]
unchanged = get_newsletters_by_id.sync_detailed(made.id, client=client, if_none_match=tag)
changed = patch_newsletters_by_id.sync(made.id, client=client, body=NewsletterPatch(name="Changed"), if_match=tag)
stale = patch_newsletters_by_id.sync_detailed(
    made.id, client=client, body=NewsletterPatch(name="Lost"), if_match=tag
)
missing = get_newsletters_by_id.sync_detailed("987654321", client=client)
print(
    json.dumps(
        {
            "emails": sorted(one.email for one in found),
            "pages": pages,
            "unchanged": unchanged.status_code,
            "changed": changed.name,
            "stale": [stale.status_code, stale.parsed.code],
            "missing": [missing.status_code, missing.parsed.code],
            "limited": "ratelimit" in read.headers,
        }
    )
)
`;

const generator = pythonProgram('openapi-python-client');
const unlessPip = generator ? '' : ' (skipped: npm run generators has not installed openapi-python-client)';

(generator ? describe : describe.skip)(`in Python${unlessPip}`, () => {
  test('openapi-python-client makes a package, which compiles and does the same', async () => {
    // It formats its files with ruff, which pip puts beside it.
    const env = { PATH: `${path.join(pythonFolder, 'bin')}:${process.env['PATH'] ?? ''}` };
    const options = ['--path', 'openapi.json', '--output-path', 'client', '--meta', 'none'];
    const said = make(generator ?? '', ['generate', ...options], env);
    // It knows no media type of lists: uploads are left out, and so is the type of a download.
    const left = [...said.matchAll(/parsing (\w+ \S+)/g)].map(([, what]) => what);
    expect(left).toEqual(['GET /newsletters/{id}/subscribers.ndjson', 'POST /newsletters/{id}/imports']);
    expect(said).not.toContain('Unable to process schema');
    const python = pythonProgram('python3') ?? '';
    expect(make(python, ['-m', 'compileall', '-q', 'client'])).toBe('');
    writeFileSync(path.join(folder, 'use.py'), inPython);
    expect(await use(python, 'use.py')).toEqual(done('python'));
  });
});
