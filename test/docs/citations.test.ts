// Breaks each rule of the check once, in a temporary tree: a check that never fails proves nothing.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../src/config/environment.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

const script = new URL('test/citations.js', packageRoot).pathname;

/** The output of the check for a tree with this document and this source file. */
async function check(list: string, source: string): Promise<{ status: number | null; said: string }> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'daily-digest-citations-'));
  try {
    for (const folder of ['docs', 'src', 'workers', 'test', 'bench']) await mkdir(path.join(root, folder));
    await writeFile(path.join(root, 'docs/mail-rules.md'), list);
    await writeFile(path.join(root, 'src/send.ts'), source);
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
    return { status, said: stdout + stderr };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

test.each([
  ['a section', '| RFC 5321 section 4.2 |', '// RFC 5321 section 4.2: three digits'],
  [
    'several sections',
    '| RFC 5321 section 3.8, RFC 5321 section 4.2.1 |',
    '/** RFC 5321 sections 3.8 and 4.2.1 */',
  ],
  [
    'a citation over two lines',
    '| RFC 2045 section 6.7 |',
    '/**\n * broke a line (RFC 2045\n * section 6.7).\n */',
  ],
  ['an RFC without a section', '| RFC 8058 section 3.1 |', '// RFC 8058, and RFC 8058 section 3.1'],
])('passes when document and code agree: %s', async (_what, list, source) => {
  expect(await check(list, source)).toMatchObject({ status: 0 });
});

test.each([
  ['RFC 9999 section 1', 'RFC 9999 section 1'],
  // A subsection is not the section that contains it.
  ['RFC 5321 section 4.2.1', 'RFC 5321 section 4.2.1'],
  ['RFC 9999', 'RFC 9999'],
])('fails when the code cites %s, which the document does not list', async (_what, cited) => {
  const { status, said } = await check('| RFC 5321 section 4.2 |', `// RFC 5321 section 4.2; ${cited}`);
  expect(status).toBe(1);
  expect(said.trim()).toBe(`✗ ${cited} is cited by src/send.ts, but docs/mail-rules.md does not list it`);
});

test('fails when the document lists a section that no file cites', async () => {
  const { status, said } = await check(
    '| RFC 5321 section 4.2, RFC 5321 section 4.5 |',
    '// RFC 5321 section 4.2',
  );
  expect(status).toBe(1);
  expect(said).toContain('✗ RFC 5321 section 4.5 is listed in docs/mail-rules.md, but no file');
});
