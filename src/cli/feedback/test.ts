// feedback test: proves that bounces find their way back, by mail to addresses that do not exist.
import { takesFeedbackIn } from '../../config/environment.js';
import { hasEverReturned } from '../../deliverability/watch.js';
import { second } from '../../durations.js';
import { testLoop, type LoopEnd, type LoopTestResult } from '../../feedback/test-loop.js';
import { listNewsletters } from '../../newsletters/get-newsletter.js';
import { CommandError, text, wholeNumber, type Command } from '../command.js';
import { withContext, type Context } from '../context.js';
import { openMailer } from '../mail/open-mailer.js';

const usualTimeout = 300;

export const testCommand: Command = {
  name: 'feedback test',
  summary: 'Mail an address that does not exist, and wait for the bounce to come back',
  options: {
    to: {
      value: 'ADDRESS',
      help: 'an address that bounces (default: an invented one at the domain of each From)',
    },
    timeout: { value: 'SECONDS', help: `how long to wait (default: ${usualTimeout})`, range: [1, 86_400] },
  },
  async run(call) {
    const to = text(call, 'to');
    const timeout = (wholeNumber(call, 'timeout') ?? usualTimeout) * second;
    return withContext(async (context) => {
      const senders = await sendersToTest(context, to);
      const { mailer, relays } = openMailer(context);
      try {
        const step = (words: string): void => call.out.note(words);
        const results = await Promise.all(
          senders.map((from) => testLoop({ ...context, mailer, step }, { from, to, timeout })),
        );
        const ok = results.every(({ result }) => result === 'came-back');
        call.out.result({ ok, tests: results }, results.map(inWords));
        return ok ? 0 : 1;
      } finally {
        await relays.close();
      }
    });
  },
};

/** One sender of each From domain: bounces may return to each. With `to`, one is enough. */
async function sendersToTest({ config, db }: Context, to: string | undefined) {
  if (!config.relays)
    throw new CommandError('no-relay', 'SMTP_URL is not set: no mail leaves, and none returns.');
  if (!takesFeedbackIn(config) && !(await hasEverReturned(db)))
    throw new CommandError(
      'no-way-in',
      'Nothing takes in mail that comes back. Set FEEDBACK_LISTEN, or let your mail server run ' +
        '“daily-digest feedback take” (docs/operating.md, Mail that comes back).',
    );
  if (config.relays.every(({ verp }) => !verp))
    throw new CommandError(
      'no-verp',
      'All relays have verp=off: a bounce does not name the mail that it is about.',
    );
  const newsletters = await listNewsletters(db, { limit: 200 });
  const senders = new Map(newsletters.map(({ from }) => [from.address.split('@')[1]?.toLowerCase(), from]));
  const [first, ...others] = senders.values();
  if (first === undefined)
    throw new CommandError('no-newsletter', 'There is no newsletter yet, so there is no sender to test.');
  return to === undefined ? [first, ...others] : [first];
}

const ends: Record<LoopEnd, (result: LoopTestResult) => string> = {
  'came-back': ({ seconds }) => `the bounce came back after ${seconds} s. Bounces find their way.`,
  'refused-at-once': ({ reply }) =>
    `the relay refused the address at once, so no bounce follows: ${reply}. Such refusals count at once. Name an address at another provider that bounces: --to`,
  'not-sent': ({ reply }) => `the relay did not take the mail: ${reply}`,
  'not-read': () =>
    'mail came in, and no worker has read it yet. Are workers running? npx daily-digest doctor',
  'nothing-came': ({ seconds }) =>
    `nothing came back within ${seconds} s. Look at the queue and the log of the relay: where did it send the bounce? The MX of the bounce domain must lead to the way in.`,
};

const inWords = (result: LoopTestResult): string =>
  `${result.result === 'came-back' ? '✓' : '✗'} ${result.to}: ${ends[result.result](result)}`;
