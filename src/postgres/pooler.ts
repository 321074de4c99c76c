// Is there a pooler in front of the database that gives each transaction another session, as PgBouncer does with
// pool_mode=transaction? Named statements, settings and LISTEN need one session for as long as the connection.
import { connectOnce } from './connections.js';
import { keepInSession, selectKept } from './store.js';

/** Milliseconds for each answer. */
const answerWithin = 5_000;

/**
 * Keeps a value in one session, occupies a session with another connection, and looks whether the value is still
 * there. Without a pooler it is. Throws if the database does not answer.
 */
export async function isTransactionPooled(url: string): Promise<boolean> {
  const one = await connectOnce(url, answerWithin);
  const other = await connectOnce(url, answerWithin);
  try {
    for (const attempt of ['1', '2', '3']) {
      await keepInSession(one, attempt);
      await other.query('begin');
      // If the pooler has one session, this waits for the other connection.
      const kept = await selectKept(one).catch(() => undefined);
      await other.query('rollback');
      if (kept !== attempt) return true;
    }
    return false;
  } finally {
    void one.end();
    void other.end();
  }
}

/** One sentence if such a pooler is where sessions are needed. */
export async function poolerProblem({
  databaseUrl,
  directUrl,
}: {
  databaseUrl: string;
  directUrl?: string;
}): Promise<string | undefined> {
  if (!(await isTransactionPooled(directUrl ?? databaseUrl))) return undefined;
  return (
    `${directUrl === undefined ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL'} leads to a pooler that gives each transaction ` +
    'another session (PgBouncer with pool_mode=transaction): set DATABASE_DIRECT_URL to the database itself, or let ' +
    'the pooler use session mode'
  );
}
