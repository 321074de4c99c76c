// The statements about the server's own processes.
import type { ServerProcess } from './connection-watch.js';

interface Session<Row = ServerProcess> {
  query(text: string, values: unknown[]): Promise<{ rows: Row[] }>;
}

const start = 'extract(epoch from backend_start)::text';

/** Sets the session, and returns the process that serves it. */
export async function setSession(
  session: Session,
  settings: Readonly<Record<string, string>>,
): Promise<ServerProcess | undefined> {
  const { rows } = await session.query(
    `select pid, ${start} as started,
       (select count(set_config(name, value, false)) from unnest($1::text[], $2::text[]) as new (name, value))
     from pg_stat_activity where pid = pg_backend_pid()`,
    [Object.keys(settings), Object.values(settings)],
  );
  return rows[0];
}

// A process that waits for its client runs nothing: it has no statement, or its answer is not taken. 'disabled': the
// server tracks no states, and the process may run something.
const runs = `(state in ('active', 'disabled') and wait_event_type is distinct from 'Client')`;
const asked = `pg_stat_activity join unnest($1::int[], $2::text[]) as asked (pid, started) using (pid)
  where ${start} = started`;

const columns = (processes: readonly ServerProcess[]): unknown[] => [
  processes.map(({ pid }) => pid),
  processes.map(({ started }) => started),
];

export async function selectRunning(
  session: Session,
  processes: readonly ServerProcess[],
): Promise<ServerProcess[]> {
  const { rows } = await session.query(`select pid, started from ${asked} and ${runs}`, columns(processes));
  return rows;
}

/** Ends those of the processes that run no statement. */
export async function endIdle(session: Session, processes: readonly ServerProcess[]): Promise<void> {
  await session.query(`select pg_terminate_backend(pid) from ${asked} and not ${runs}`, columns(processes));
}

/** Keeps a value for as long as the session lasts. */
export async function keepInSession(session: Session<unknown>, value: string): Promise<void> {
  await session.query(`select set_config('daily_digest.kept', $1, false)`, [value]);
}

export async function selectKept(session: Session<{ kept: string | null }>): Promise<string | null> {
  const { rows } = await session.query(`select current_setting('daily_digest.kept', true) as kept`, []);
  return rows[0]?.kept ?? null;
}
