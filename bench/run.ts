// `npm run bench`: compares the delivery engine with alternatives on the same machine in the same run.
//
//   1. Start the servers of a small machine: a mail sink, PostgreSQL with full durability, the queue.
//   2. Run the measurements (measurements.ts), or the one that --only names.
//   3. Print the table and write bench/results.md.
//
// Needs Debian's postfix (for smtp-sink and smtp-source; it need not run) and redis-server. Most figures are
// ratios, because absolute figures hold for one machine only. These measurements are not tests.
import type { Figure } from './figure.js';
import { renderBenchDigest } from './digest.js';
import { measurements } from './measurements.js';
import { help, names, readOptions, type Options } from './options.js';
import { showTable, writeResults } from './report.js';
import { startServers } from './servers.js';
import { startSink } from './sink.js';

const say = (text: string): void => void process.stderr.write(`${text} …\n`);

/** A database with ten million readers has some 30 GB: Ctrl-C must not leave it behind. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function measure(options: Options): Promise<Figure[]> {
  const sink = await startSink();
  const servers = await startServers(options.queue);
  let closing: Promise<void> | undefined;
  const closeAll = (): Promise<void> => (closing ??= servers.close().then(() => sink.close()));
  const stopEarly = (signal: NodeJS.Signals): void => {
    for (const other of endings) process.off(other, stopEarly);
    void closeAll().finally(() => process.kill(process.pid, signal));
  };
  for (const signal of endings) process.on(signal, stopEarly);
  try {
    const { db, close } = await servers.freshDatabase();
    const digest = await renderBenchDigest(db);
    await close();
    const figures: Figure[] = [{ what: 'size of a message', value: digest.raw.length, unit: 'octets' }];
    for (const name of options.only ? [options.only] : names) {
      const measured = await measurements[name]({ options, servers, sink, digest, say });
      figures.push(...measured);
      // A run that is stopped has not been in vain.
      if (!options.only) process.stderr.write(`${showTable(measured)}\n`);
    }
    return figures;
  } finally {
    await closeAll();
    for (const signal of endings) process.off(signal, stopEarly);
  }
}

const options = readOptions(process.argv.slice(2));
if (options === undefined) process.stdout.write(help);
else {
  const figures = await measure(options);
  process.stdout.write(options.json ? `${JSON.stringify(figures, null, 2)}\n` : `${showTable(figures)}\n`);
  if (!options.json && !options.only) await writeResults(figures, options, new Date());
}
