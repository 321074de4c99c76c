// `npm run bench`: how fast the delivery engine is, beside what others would do on the same machine in the same run.
//
//   1. servers as a small machine has them: a sink for the mail, PostgreSQL with everything durable, the queue
//   2. the measurements (measurements.ts), or the one that --only names
//   3. the table, and bench/results.md
//
// Needs Debian's postfix (for smtp-sink and smtp-source; it need not run) and redis-server. The figures are ratios
// where they can be: absolute ones are those of a machine. Nothing here is a test.
import type { Figure } from './figure.js';
import { renderBenchDigest } from './digest.js';
import { measurements } from './measurements.js';
import { help, names, readOptions, type Options } from './options.js';
import { showTable, writeResults } from './report.js';
import { startServers } from './servers.js';
import { startSink } from './sink.js';

const say = (text: string): void => void process.stderr.write(`${text} …\n`);

async function measure(options: Options): Promise<Figure[]> {
  const sink = await startSink();
  const servers = await startServers(options.queue);
  try {
    const { db, close } = await servers.freshDatabase();
    const digest = await renderBenchDigest(db);
    await close();
    const figures: Figure[] = [{ what: 'size of a message', value: digest.raw.length, unit: 'octets' }];
    for (const name of options.only ? [options.only] : names)
      figures.push(...(await measurements[name]({ options, servers, sink, digest, say })));
    return figures;
  } finally {
    await servers.close();
    await sink.close();
  }
}

const options = readOptions(process.argv.slice(2));
if (options === undefined) process.stdout.write(help);
else {
  const figures = await measure(options);
  process.stdout.write(options.json ? `${JSON.stringify(figures, null, 2)}\n` : `${showTable(figures)}\n`);
  if (!options.json && !options.only) await writeResults(figures, options, new Date());
}
