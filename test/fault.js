// npm run fault: the fault tests in full, one file after the other: many more kills than npm test, 50,000 readers,
// 2,000 returned mails and links that are cut for a minute. FAULT_KILLS, FAULT_READERS, FAULT_MAILS and FAULT_CUT
// (seconds) set other numbers. A script, because "FAULT_KILLS=100 npm run …" needs a POSIX shell.
import { spawnSync } from 'node:child_process';

const npm = process.env['npm_execpath'];
if (npm === undefined) throw new Error('run it as npm run fault');
const { status } = spawnSync(
  process.execPath,
  [npm, 'run', '--silent', 'jest', '--', 'dist/test/fault', '--runInBand', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env: { FAULT_KILLS: '100', FAULT_READERS: '50000', FAULT_CUT: '60', FAULT_MAILS: '2000', ...process.env },
  },
);
process.exitCode = status ?? 1;
