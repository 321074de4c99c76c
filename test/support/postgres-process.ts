// A process that uses DATA_DIR's PostgreSQL until its parent tells it to stop.
import { startPostgres } from '../../src/embedded/postgres.js';
import { createLog } from '../../src/log.js';

const [dataDir = ''] = process.argv.slice(2);
const server = await startPostgres({ dataDir, log: createLog('silent', 'test'), durable: false });
process.once('message', () => void server.stop().then(() => process.exit(0)));
process.send?.({ pid: server.pid });
