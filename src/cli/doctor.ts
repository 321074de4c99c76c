// doctor: checks everything that sending a newsletter needs.
import { listFeeds } from '../feeds/list-feeds.js';
import { offsetInWords, judgeClock, startClock } from '../clock.js';
import { mailboxName } from '../config/feedback-mailbox.js';
import { connectionProblem } from '../connection-budget.js';
import { evictionProblem, queueProblem } from '../check-queue.js';
import { connectionsAllowed, serverVersion } from '../db.js';
import { checkMailbox } from '../feedback/mailbox/check-mailbox.js';
import { canResize } from '../images/resize.js';
import { KeyError } from '../keys/open-keys.js';
import { getHold, installationOf } from '../lifeline/lifeline.js';
import { hostClocks, livingWorkers } from '../delivery/living-workers.js';
import { second } from '../durations.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { sawUntoldProxy, whatItMeans } from '../joining/unnamed-proxy.js';
import { checks as made, messageOf, type Check } from './check.js';
import { poolerProblem } from '../postgres/pooler.js';
import type { Command } from './command.js';
import { withContext, type Context } from './context.js';
import { checkFeedback, checkRelays, checkReports, checkSenders } from './doctor-mail.js';

const { ok, warn, fail } = made;

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return enough
    ? ok('node', process.versions.node)
    : fail('node', `${process.versions.node} is too old: 20.19 is needed`);
}

async function checkDatabase({ db, config }: Context): Promise<Check> {
  const problem = await poolerProblem(config);
  if (problem !== undefined) return fail('database', problem);
  return ok(
    'database',
    `PostgreSQL ${await serverVersion(db)}, ${new URL(config.directUrl ?? config.databaseUrl).host}`,
  );
}

/** Workers of other machines count too: all use one database. */
async function checkConnections({ db, config }: Context): Promise<Check> {
  const allowed = await connectionsAllowed(db);
  const workers = Math.max(config.workers, await livingWorkers(db));
  const queueInDatabase = config.queueUrl === undefined;
  const problem = connectionProblem({ web: true, workers, queueInDatabase }, allowed);
  return problem === undefined
    ? ok('connections', `the database allows ${allowed}`)
    : warn('connections', problem);
}

async function checkQueue({ db, queues, config }: Context): Promise<Check> {
  const where = config.queueUrl === undefined ? 'the database' : 'Redis';
  try {
    await queues.ping();
    const { server } = queues;
    const problem = await queueProblem({ server, config }, await installationOf(db), { claim: false });
    if (problem !== undefined) return fail('queue', `on ${where}: ${problem}`);
    const eviction = await evictionProblem({ server });
    if (eviction !== undefined) return warn('queue', `on ${where}: ${eviction}`);
    return ok('queue', `on ${where}`);
  } catch (error) {
    return fail('queue', `on ${where}: ${messageOf(error)}`);
  }
}

async function checkWorkers({ db }: Context): Promise<Check> {
  const count = await livingWorkers(db);
  return count > 0
    ? ok('workers', `${count} running`)
    : warn('workers', 'none is running. Start them: npx daily-digest start');
}

/** The clocks of this host and of the workers' hosts. */
async function checkClocks({ db }: Context): Promise<Check[]> {
  const here = (await startClock(db)).hostAhead();
  const clocks = [
    { host: 'this host', ahead: here },
    ...(await hostClocks(db)).map(({ host, ahead }) => ({
      host: `the worker host ${host}`,
      ahead: ahead * second,
    })),
  ];
  const wrong = clocks.filter(({ ahead }) => judgeClock(ahead) !== 'right');
  if (wrong.length === 0) return [ok('clock', "agrees with the database's")];
  return wrong.map(({ host, ahead }) => {
    const words = offsetInWords(ahead, host);
    return judgeClock(ahead) === 'wrong'
      ? warn('clock', words)
      : fail('clock', `${words}: it plans no issues`);
  });
}

async function checkSending({ db }: Context): Promise<Check> {
  const hold = await getHold(db);
  return hold
    ? fail('sending', `on hold: ${hold.reason}. See npx daily-digest sending status`)
    : ok('sending', 'not on hold');
}

/** TRUST_PROXY decides which address rate limits and consent records use. */
async function checkProxy({ db, config: { trustProxy } }: Context): Promise<Check[]> {
  if (trustProxy !== undefined) return [ok('TRUST_PROXY', String(trustProxy))];
  return (await sawUntoldProxy(db)) ? [warn('TRUST_PROXY', `not set, but ${whatItMeans}`)] : [];
}

/** The mailbox that mail comes back to. */
async function checkReturns({ db, config, now }: Context): Promise<Check[]> {
  const { feedbackMailbox } = config;
  if (feedbackMailbox === undefined) return [];
  const answer = await checkMailbox(db, feedbackMailbox, now());
  const name = mailboxName(feedbackMailbox);
  if (!answer.ok) {
    const said = `${name}: ${answer.reason}`;
    return [answer.cause === 'server' ? fail('FEEDBACK_MAILBOX', said) : warn('FEEDBACK_MAILBOX', said)];
  }
  const how = answer.encrypted ? 'encrypted' : 'not encrypted';
  return [ok('FEEDBACK_MAILBOX', `${name} answers (${how}), ${answer.mails} mails wait in it`)];
}

/** The checks that need no DNS. */
function checkConfig({ config }: Context): Check[] {
  const url = new URL(config.baseUrl);
  const local = /^(localhost|127\.|\[::1\])/.test(url.hostname);
  return [
    ...(config.previousKeys.length === 0
      ? []
      : [ok('keys', 'SECRET_KEY signs; SECRET_KEY_PREVIOUS is read too (see: npx daily-digest keys)')]),
    local
      ? warn('BASE_URL', `${config.baseUrl}: links in mails only work on this machine`)
      : url.protocol === 'https:'
        ? ok('BASE_URL', config.baseUrl)
        : fail('BASE_URL', `${config.baseUrl}: one-click unsubscribe needs https (RFC 8058)`),
  ];
}

async function checkNewsletter({ db, now }: Context, newsletter: Newsletter): Promise<Check[]> {
  const name = `newsletter ${newsletter.slug}`;
  const { data: feeds } = await listFeeds(db, { newsletterId: newsletter.id, limit: 200, now: now() });
  const failing = feeds.filter(({ status }) => status === 'failing');
  return [
    newsletter.postalAddress === null
      ? fail(name, 'has no postal address: nothing is sent without one')
      : ok(name, `from ${newsletter.from.address}, ${feeds.length} feeds`),
    ...(newsletter.look.images === 'hosted' && !(await canResize())
      ? [
          warn(
            `${name}, images`,
            'the package sharp is not installed: images are served in their original size',
          ),
        ]
      : []),
    ...failing.map((feed) => warn(`${name}, feed ${feed.id}`, `${feed.url}: ${feed.lastError ?? 'failing'}`)),
    ...(feeds.length === 0 ? [warn(name, 'has no feed: posts can only come through the API')] : []),
  ];
}

async function checkAll(context: Context): Promise<Check[]> {
  const newsletters = await listNewsletters(context.db, { limit: 200 });
  const each = await Promise.all(newsletters.map((newsletter) => checkNewsletter(context, newsletter)));
  return [
    checkNode(),
    await checkDatabase(context),
    await checkConnections(context),
    await checkQueue(context),
    await checkWorkers(context),
    ...(await checkClocks(context)),
    await checkSending(context),
    ...(await checkRelays(context, newsletters)),
    ...(await checkReturns(context)),
    ...(await checkFeedback(context)),
    ...checkConfig(context),
    ...(await checkProxy(context)),
    ...(newsletters.length === 0
      ? [warn('newsletters', 'there are none yet. Create one: npx daily-digest newsletter create')]
      : each.flat()),
    ...(await checkSenders(context, newsletters)),
    ...(await checkReports(context)),
  ];
}

const marks = { ok: '✓', warn: '!', fail: '✗' };

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Check everything that sending a newsletter needs',
  options: {},
  async run({ out }) {
    let checks: Check[];
    try {
      checks = await withContext(checkAll);
    } catch (error) {
      checks = [checkNode(), fail(error instanceof KeyError ? 'keys' : 'database', messageOf(error))];
    }
    const failed = checks.some(({ result }) => result === 'fail');
    out.result(
      { ok: !failed, checks },
      checks.map(({ check, result, detail }) => `${marks[result]} ${check}: ${detail}`),
    );
    return failed ? 1 : 0;
  },
};
