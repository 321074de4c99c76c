// A proxy in front of us that nobody told us of. Whoever comes through it has its address: limits by caller then hold for
// all readers together (or, from this machine, for none), and records of consent name the proxy. Nothing fails by that,
// and so it is said: in the log, once a process, and by `daily-digest doctor`, which finds the note in the database.
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config/environment.js';
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import { openCounts } from '../rates/counts.js';

const key = 'untold-proxy';
/** The note is kept for so long. */
const withinSeconds = 7 * 86_400;
/** ms. A proxy brings every request: one note in so long is enough. */
const noteEach = 3_600_000;

type Asked = Pick<IncomingMessage, 'headers'>;

/** Looks at each request, and says when one came through a proxy although TRUST_PROXY says nothing. */
export function openProxyWatch({
  db,
  log,
  trustProxy,
}: {
  db: Db;
  log: Log;
  trustProxy: Config['trustProxy'];
}): (request: Asked) => void {
  // False as well: whoever says that there is none has thought of it, and headers are easily made up.
  if (trustProxy !== undefined) return () => {};
  const counts = openCounts(db);
  let notedAt: number | undefined;
  return ({ headers }) => {
    // RFC 7239, and the header that it was to replace.
    if (headers['x-forwarded-for'] === undefined && headers.forwarded === undefined) return;
    if (notedAt !== undefined && Date.now() - notedAt < noteEach) return;
    if (notedAt === undefined) log.warn(`http: TRUST_PROXY is not set, but ${whatItMeans}`);
    notedAt = Date.now();
    counts
      .add(key, { times: 1, withinSeconds })
      .catch((err: unknown) => log.debug({ err }, 'http: the note about a proxy was not kept'));
  };
}

/** What to do about it, for the log and for doctor. */
export const whatItMeans =
  'requests come through a proxy (X-Forwarded-For, Forwarded): all readers count as one caller, and records of consent ' +
  'have the address of the proxy. Set it to the number of proxies in front, or to their addresses; to false if there is none.';

/** Whether a web process noted such a proxy lately. */
export async function sawUntoldProxy(db: Db): Promise<boolean> {
  return (await openCounts(db).look([key])).has(key);
}
