// What a piece of work costs the database. CPU and WAL say more than seconds when others use the machine as well.
import type { Db } from '../../src/db.js';
import type { Figure } from '../figure.js';
import { seconds } from '../issues.js';
import { cpuSeconds } from '../machine.js';

export interface Server {
  db: Db;
  postgresPid: number;
}

export interface Cost {
  seconds: number;
  /** Seconds of PostgreSQL, with all its processes. */
  cpu: number;
  /** Octets. */
  wal: number;
}

/** The octets of write-ahead log since the server was made. They limit a server, its replicas and its backups. */
export async function walWritten(db: Db): Promise<number> {
  const { written } = await db.one<{ written: number }>(
    `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float as written`,
  );
  return written;
}

export async function costOf({ db, postgresPid }: Server, work: () => Promise<unknown>): Promise<Cost> {
  const [wal, cpu] = [await walWritten(db), cpuSeconds(postgresPid)];
  const took = await seconds(work);
  return { seconds: took, cpu: cpuSeconds(postgresPid) - cpu, wal: (await walWritten(db)) - wal };
}

export const costFigures = (what: string, cost: Cost): Figure[] => [
  { what, value: cost.seconds, unit: 's' },
  { what: `${what}: CPU in PostgreSQL`, value: cost.cpu, unit: 's' },
  { what: `${what}: WAL`, value: cost.wal / 2 ** 20, unit: 'MB' },
];
