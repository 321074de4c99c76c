// The scripts of `completion`: bash runs its script; the tests only read the other two.
import { execFileSync, spawnSync } from 'node:child_process';
import { commandsFor } from '../../src/cli/groups.js';
import { run } from './run.js';

const completion = async (shell: string): Promise<string> => (await run(['completion', shell], {})).stdout;

describe('bash', () => {
  let script = '';
  beforeAll(async () => {
    script = await completion('bash');
  });

  /** The completions that bash offers for the last of `words`. */
  const offered = (...words: string[]): string[] =>
    execFileSync(
      'bash',
      [
        '-c',
        `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _daily_digest\nprintf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        'daily-digest',
        ...words,
      ],
      {
        encoding: 'utf8',
      },
    )
      .split('\n')
      .filter((word) => word !== '');

  test.each([
    [[''], ['start', 'doctor', 'issue', 'completion']],
    [['iss'], ['issue']],
    [
      ['issue', ''],
      ['list', 'send', 'approve'],
    ],
    [
      ['issue', 'send', '--'],
      ['--dry-run', '--wait', '--json'],
    ],
    [
      ['issue', 'send', '--review', ''],
      ['auto', 'hold'],
    ],
    [
      ['start', '--w'],
      ['--web', '--workers'],
    ],
  ])('%j', (words, expected) => {
    expect(offered(...words)).toEqual(expect.arrayContaining(expected));
  });

  test('an option with a free value is followed by no option', () => {
    expect(offered('template', 'check', '--preview', '')).toEqual([]);
  });
});

test.each([
  ['zsh', 'bashcompinit', "'issue') words='list "],
  ['fish', "-a 'approve'", "'__daily_digest_in issue send' -l review -x -a 'auto hold'"],
])('%s has the commands and their options', async (shell, ...parts) => {
  const script = await completion(shell);
  for (const part of parts) expect(script).toContain(part);
  // An installed shell reads its script without an error. Without the shell, stderr is null.
  const { stderr } = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
  expect(stderr ?? '').toBe('');
});

test('another shell is wrong usage', async () => {
  const ran = await run(['completion', 'tcsh'], {});
  expect([ran.status, ran.stdout]).toEqual([2, '']);
  expect(ran.stderr).toMatch(/Unknown shell "tcsh"\. Shells: bash, zsh, fish/);
});

test('each command is in the group of its first word, which has no other', async () => {
  const all = (await commandsFor(['--help'])).map(({ name }) => name);
  expect(all.length).toBeGreaterThan(60);
  expect(new Set(all).size).toBe(all.length);
  const firstWords = new Set(all.map((name) => name.split(' ')[0] ?? ''));
  for (const word of firstWords) {
    const group = (await commandsFor([word, '--json'])).map(({ name }) => name);
    const expected = all.filter((name) => group.includes(name) || name.split(' ')[0] === word);
    expect([word, group.toSorted()]).toEqual([word, expected.toSorted()]);
  }
});
