// A process that contends for a lock. Arguments: <folder> <log> <times>. It exits with 1 if two processes
// held the lock at once. With 0 times, it takes the lock and keeps it.
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { minute } from '../../src/durations.js';
import { withLock } from '../../src/embedded/lock.js';

const [folder = '', log = '', times = '0'] = process.argv.slice(2);

if (times === '0')
  await withLock(folder, 'a', async () => {
    process.send?.('mine');
    await sleep(minute);
  });

for (let turn = 0; turn < Number(times); turn++)
  await withLock(folder, 'a', async () => {
    appendFileSync(log, `in ${process.pid}\n`);
    await sleep(1);
    const isAlone = readFileSync(log, 'utf8').endsWith(`in ${process.pid}\n`);
    appendFileSync(log, `out ${process.pid}\n`);
    if (!isAlone) process.exit(1);
  });
process.disconnect?.();
