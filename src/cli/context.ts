// Gives a command its database, queues and settings. The command shares the database of a running `npm start`
// on this DATA_DIR. Without one, it starts the embedded database and stops it at the end.
import { readConfig, takesMailIn } from '../config/environment.js';
import { startClock } from '../clock.js';
import { openDatabase, type Database } from '../db.js';
import { nobodysLinks, openLinks, type Links } from '../delivery/message.js';
import { migrateSupplied } from '../embedded/migrate-supplied.js';
import { supply, type SuppliedConfig } from '../embedded/supply.js';
import type { VariantLinks } from '../digest/render-digest.js';
import { createLog, type Log } from '../log.js';
import { KeyError, openKeys } from '../keys/open-keys.js';
import { findIssueByNumber } from '../issues/issue.js';
import { getNewsletter, getNewsletterBySlug, listNewsletters } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { openQueues, type Enqueue, type Queues } from '../queues.js';
import { openSecrets, type Secrets } from '../secrets.js';
import { CommandError, text, UsageError, type CommandCall } from './command.js';

export interface Context {
  config: SuppliedConfig;
  log: Log;
  db: Database;
  queues: Queues;
  enqueue: Enqueue;
  secrets: Secrets;
  now: () => Date;
  baseUrl: string;
  links: Links;
  nobodysLinks: VariantLinks;
  allowPrivateFeeds: readonly string[];
  /** The mail catcher's address, when SMTP_URL names no relay. */
  smtpUrl: string | undefined;
}

/** The exit status that shells give to a command ended by SIGINT (Ctrl-C). */
const interrupted = 130;

/** A command prints its results itself, so the level `info`, the default, becomes `warn`. */
export function commandLog(level: ReturnType<typeof readConfig>['logLevel']): Log {
  return createLog(level === 'info' ? 'warn' : level, 'cli');
}

/**
 * Opens the context, runs `work`, and closes the context, also after an error or a signal. `anyKey`: also
 * with a SECRET_KEY that is not the database's.
 */
export async function withContext<T>(
  work: (context: Context) => Promise<T>,
  { catcher = 'find', anyKey = false }: { catcher?: 'find' | 'start'; anyKey?: boolean } = {},
): Promise<T> {
  const read = readConfig();
  const log = commandLog(read.logLevel);
  const supplies = await supply({ config: read, log, catcher });
  const { config } = supplies;
  const databaseUrl = config.directUrl ?? config.databaseUrl;
  const db = openDatabase({
    url: databaseUrl,
    max: 4,
    onError: (err) => log.warn({ err }, 'database'),
  });
  const queues = openQueues({ ...config, databaseUrl, log });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      await queues.close();
      await db.end();
      await supplies.stop();
    })());
  const onSignal = () => void close().finally(() => process.exit(interrupted));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    await migrateSupplied(supplies);
    const { now } = await startClock(db);
    const secrets = await openKeys(db, config).catch((error: unknown) => {
      if (anyKey && error instanceof KeyError) return openSecrets(config.secretKey);
      throw error;
    });
    const links = openLinks(secrets, config.baseUrl, config.bounceDomain, takesMailIn(config));
    return await work({
      config,
      log,
      db,
      queues,
      enqueue: queues.enqueue,
      secrets,
      now,
      baseUrl: config.baseUrl,
      links,
      nobodysLinks: nobodysLinks(links),
      allowPrivateFeeds: config.allowPrivateFeeds,
      smtpUrl: supplies.smtpUrl,
    });
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await close();
  }
}

export const newsletterOption = {
  newsletter: { value: 'SLUG', help: 'slug or id of the newsletter; not needed if there is only one' },
};

/** The newsletter that --newsletter names, or the only one. */
export async function theNewsletter(db: Database, call: Pick<CommandCall, 'values'>): Promise<Newsletter> {
  const named = text(call, 'newsletter');
  if (named !== undefined) {
    const found = (await getNewsletterBySlug(db, named)) ?? (await getNewsletter(db, named));
    if (!found) throw new CommandError('not-found', `There is no newsletter "${named}".`);
    return found;
  }
  const [only, ...others] = await listNewsletters(db, { limit: 10 });
  if (!only)
    throw new CommandError(
      'not-found',
      'There is no newsletter yet. Create one: npx daily-digest newsletter create',
    );
  if (others.length > 0)
    throw new UsageError(
      `Choose one with --newsletter: ${[only, ...others].map(({ slug }) => slug).join(', ')}`,
    );
  return only;
}

/** The help of an argument that names an issue. */
export const issueArgument = 'id of an issue (5), or its number in the newsletter (No.2)';

/**
 * The id of the issue that the command's argument names: by its id, or by its number in the newsletter, as the console
 * shows it: No.2
 */
export async function theIssueId(db: Database, call: CommandCall): Promise<string> {
  const [given = ''] = call.args;
  const [, number] = /^(?:no\.?|#) *(\d{1,9})$/i.exec(given.trim()) ?? [];
  if (number === undefined) return given;
  const newsletter = await theNewsletter(db, call);
  const id = await findIssueByNumber(db, newsletter.id, Number(number));
  if (id === undefined) throw new CommandError('not-found', `${newsletter.name} has no issue No. ${number}.`);
  return id;
}
