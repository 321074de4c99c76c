// Detects a proxy that TRUST_PROXY does not name. All readers then seem to come from its address: limits by
// caller apply to all of them together (or, for a proxy on this machine, to none), and consent records name
// the proxy. Nothing fails, so a warning is needed: in the log, once a process, and in `daily-digest doctor`,
// which reads a note from the database.
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config/environment.js';
import type { Db } from '../db.js';
import { hour } from '../durations.js';
import type { Log } from '../log.js';
import { openCounts } from '../rates/counts.js';

const key = 'untold-proxy';
/** How long the note is kept. */
const withinSeconds = 7 * 86_400;
/** ms. A proxy adds its headers to every request: one note an hour is enough. */
const noteEach = hour;

type Asked = Pick<IncomingMessage, 'headers'>;

/**
 * Returns a check for each request. It warns when a request came through a proxy and TRUST_PROXY is not set.
 */
export function openProxyWatch({
  db,
  log,
  trustProxy,
}: {
  db: Db;
  log: Log;
  trustProxy: Config['trustProxy'];
}): (request: Asked) => void {
  // No check for `false` either: that operator has decided, and clients can forge these headers.
  if (trustProxy !== undefined) return () => {};
  const counts = openCounts(db);
  let notedAt: number | undefined;
  return ({ headers }) => {
    // RFC 7239, and the older header that it replaces.
    if (headers['x-forwarded-for'] === undefined && headers.forwarded === undefined) return;
    if (notedAt !== undefined && Date.now() - notedAt < noteEach) return;
    if (notedAt === undefined) log.warn(`http: TRUST_PROXY is not set, but ${whatItMeans}`);
    notedAt = Date.now();
    counts
      .add(key, { times: 1, withinSeconds })
      .catch((err: unknown) => log.debug({ err }, 'http: the note about a proxy was not kept'));
  };
}

/** The warning, for the log and for doctor. */
export const whatItMeans =
  'requests come through a proxy (X-Forwarded-For, Forwarded): all readers count as one caller (behind a proxy on ' +
  'this machine they have no limit by caller), and consent records contain its address. Set it to the number of proxies, or to their addresses, or to false if there is none.';

/** Whether a web process has noted such a proxy lately. */
export async function sawUntoldProxy(db: Db): Promise<boolean> {
  return (await openCounts(db).look([key])).has(key);
}
