// issue test: mails the next digest to some addresses. It needs neither an issue nor readers.
import { recordAudit } from '../../accounts/audit.js';
import { sendTestOfNext, type TestSent } from '../../delivery/preview.js';
import { inEnglish } from '../../languages/translate.js';
import { parseAddress } from '../../subscribers/address.js';
import { CommandError, list, UsageError, type Command, type CommandCall } from '../command.js';
import { newsletterOption, theNewsletter, withContext } from '../context.js';
import { openMailer } from './open-mailer.js';

const most = 10;

function addressesOf(call: CommandCall): string[] {
  const to = list(call, 'to') ?? [];
  if (to.length === 0 || to.length > most) throw new UsageError(`--to needs one to ${most} addresses.`);
  for (const one of to) {
    const parsed = parseAddress(one);
    if (!parsed.ok) throw new UsageError(`--to: "${one}" is no address: ${inEnglish(parsed.reason)}`);
  }
  return to;
}

const inWords = ({ to, outcome, handOver }: TestSent): string => {
  if (outcome === 'accepted') return `✓ ${to}: the mail server took it`;
  return `✗ ${to}: ${'reply' in handOver ? handOver.reply : handOver.error}`;
};

export const issueTestCommand: Command = {
  name: 'issue test',
  summary: 'Mail the next digest to addresses of yours; it counts nowhere',
  options: {
    ...newsletterOption,
    to: { value: 'ADDRESS', help: `addresses, with commas between them, ${most} at most`, needed: true },
  },
  async run(call) {
    const to = addressesOf(call);
    return withContext(async (context) => {
      const { id: newsletterId, name } = await theNewsletter(context.db, call);
      const { mailer, relays } = openMailer(context);
      try {
        const tested = await sendTestOfNext({ ...context, mailer }, { newsletterId, to });
        if (!tested.ok) throw new CommandError('no-posts', `${name} has no posts yet.`);
        await recordAudit(context, {
          actor: { kind: 'cli', role: 'owner' },
          action: 'newsletter.test',
          subject: `newsletter:${newsletterId}`,
        });
        const data = tested.sent.map((one) => ({
          to: one.to,
          outcome: one.outcome,
          reply: 'reply' in one.handOver ? one.handOver.reply : one.handOver.error,
        }));
        call.out.result({ data }, tested.sent.map(inWords));
        return data.every(({ outcome }) => outcome === 'accepted') ? 0 : 1;
      } finally {
        await relays.close();
      }
    });
  },
};
