// sending status, release: what is held after the database was put back, and letting go of it.
import { recordAudit } from '../accounts/audit.js';
import { getHold } from '../lifeline/lifeline.js';
import { releaseSending } from '../hold.js';
import { choice, CommandError, flag, UsageError, type Command } from './command.js';
import { withContext } from './context.js';

const statusCommand: Command = {
  name: 'sending status',
  summary: 'Whether sending is held, and why',
  options: {},
  async run(call) {
    return withContext(async ({ db }) => {
      const hold = await getHold(db);
      call.out.result(
        { held: hold !== undefined, ...hold },
        hold
          ? [
              `Sending is held since ${hold.heldAt.toISOString()}: ${hold.reason}.`,
              'If what was due in that time had been sent:  daily-digest sending release --as sent',
              'If none of it had been:                      daily-digest sending release --as unsent',
            ]
          : 'Sending is not held.',
      );
      return 0;
    });
  },
};

const releaseCommand: Command = {
  name: 'sending release',
  summary: 'Let go of what is held since the database was put back',
  options: {
    as: { value: 'sent|unsent', help: 'whether what was due in the lost time had been sent' },
    force: { help: 'although feeds have not been polled since' },
  },
  async run(call) {
    const as = choice(call, 'as', ['sent', 'unsent']);
    if (as === undefined) throw new UsageError('--as is needed: sent or unsent');
    return withContext(async (context) => {
      const released = await releaseSending(context, { as, force: flag(call, 'force') });
      if (!released.ok)
        throw new CommandError(
          released.code,
          released.code === 'not-held'
            ? 'sending is not held'
            : `${released.feeds} feeds have not been polled since, and would bring what was sent as news: wait a minute, ` +
                'or --force',
        );
      await recordAudit(context, {
        actor: { kind: 'cli', role: 'owner' },
        action: 'sending.release',
        subject: `sending:${as}`,
      });
      call.out.result(
        { held: false, as },
        as === 'sent'
          ? 'Sending goes on. Readers who were due in that time do not get it again.'
          : 'Sending goes on where the database stands.',
      );
      return 0;
    });
  },
};

export const sendingCommands = [statusCommand, releaseCommand];
