// sending status, release, resume: shows and ends what stops sending: the hold after a backup was restored, and the
// pauses of mailbox providers that refuse our mail.
import { recordAudit } from '../accounts/audit.js';
import { getHold } from '../lifeline/lifeline.js';
import { releaseSending } from '../hold.js';
import { listProviderPauses, resumeProvider } from '../providers/pauses.js';
import { utcTimes } from '../text/when-words.js';
import { translator } from '../languages/translate.js';
import { providerPauseInWords, providerInWords } from '../providers/provider-words.js';
import { choice, CommandError, flag, text, type Command } from './command.js';
import { withContext } from './context.js';

const answers = ['sent', 'unsent'] as const;

const statusCommand: Command = {
  name: 'sending status',
  summary: 'Show whether sending is on hold, which mailbox providers are paused, and why',
  options: {},
  async run(call) {
    return withContext(async ({ db }) => {
      const hold = await getHold(db);
      const paused = await listProviderPauses(db);
      call.out.result({ held: hold !== undefined, ...hold, pausedProviders: paused }, [
        ...(hold
          ? [
              `Sending has been on hold since ${hold.heldAt.toISOString()}: ${hold.reason}.`,
              'If the issues since the backup were sent:      npx daily-digest sending release --as sent',
              'If none of these issues was sent:              npx daily-digest sending release --as unsent',
            ]
          : ['Sending is not on hold.']),
        ...paused.flatMap((pause) => [
          providerPauseInWords(pause, utcTimes(translator('en'))),
          `If you have mended the cause:      npx daily-digest sending resume --provider ${pause.groupKey}`,
        ]),
      ]);
      return 0;
    });
  },
};

const releaseCommand: Command = {
  name: 'sending release',
  summary: 'Resume sending after restoring a backup',
  options: {
    as: {
      choices: answers,
      help: 'whether the issues since the backup were sent',
      needed: true,
    },
    force: { help: 'resume although feeds have not been polled since the restore' },
  },
  async run(call) {
    const as = choice(call, 'as', answers) ?? 'sent';
    return withContext(async (context) => {
      const released = await releaseSending(context, { as, force: flag(call, 'force') });
      if (!released.ok)
        throw new CommandError(
          released.code,
          released.code === 'not-held'
            ? 'Sending is not on hold.'
            : `${released.feeds} feeds have not been polled since the restore. Their old posts would be sent again. ` +
                'Wait a minute, or use --force.',
        );
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'sending.release',
        subject: `sending:${as}`,
      });
      call.out.result(
        { held: false, as },
        as === 'sent'
          ? 'Sending has resumed. Readers do not get the issues since the backup again.'
          : 'Sending has resumed from the state of the backup.',
      );
      return 0;
    });
  },
};

const resumeCommand: Command = {
  name: 'sending resume',
  summary: 'Send to a mailbox provider again that is paused because it refused our mail',
  options: { provider: { value: 'PROVIDER', help: 'such as google, or a domain', needed: true } },
  async run(call) {
    const provider = text(call, 'provider') ?? '';
    return withContext(async (context) => {
      if (!(await resumeProvider(context, { provider })))
        throw new CommandError('provider-not-paused', `${provider} is not paused.`);
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'sending.resume-provider',
        subject: `provider:${provider}`,
      });
      call.out.result({ provider }, `${providerInWords(provider)} gets mail again.`);
      return 0;
    });
  },
};

export const sendingCommands = [statusCommand, releaseCommand, resumeCommand];
