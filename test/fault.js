// npm run fault: the fault tests with ten times the kills of npm test, one file after the other. FAULT_KILLS sets another
// number. A script, because "FAULT_KILLS=100 npm run …" needs a POSIX shell.
import { spawnSync } from 'node:child_process';

const npm = process.env['npm_execpath'];
if (npm === undefined) throw new Error('run it as npm run fault');
const { status } = spawnSync(
  process.execPath,
  [npm, 'run', '--silent', 'jest', '--', 'dist/test/fault', '--runInBand', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { FAULT_KILLS: '100', ...process.env } },
);
process.exitCode = status ?? 1;
