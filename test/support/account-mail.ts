// Sends the mails to accounts that are due, as the worker does.
import { accountMailRenderers } from '../../src/account-mail-renderers.js';
import { sendAccountMails } from '../../src/account-mails/send-account-mails.js';
import type { Db } from '../../src/db.js';
import { createMailer } from '../../src/mail/send.js';
import { openSecrets } from '../../src/secrets.js';
import { baseUrl, secretKey, testRelays } from './newsroom.js';
import type { Sink } from './smtp-sink.js';

export interface AccountMail {
  to: string;
  subject: string;
  text: string;
}

/** Returns the mails that were sent. */
export async function mailAccounts(
  db: Db,
  sink: Sink,
  now: () => Date = () => new Date(),
): Promise<AccountMail[]> {
  const before = sink.messages.length;
  const mailer = createMailer({ relays: testRelays(sink.url, { connections: 1 }), now });
  await sendAccountMails(
    { db, mailer, now },
    accountMailRenderers({ db, now, secrets: openSecrets(secretKey), baseUrl }),
  );
  return Promise.all(
    sink.messages.slice(before).map(async (message) => {
      const { subject = '', text = '' } = await message.parsed();
      return { to: message.to[0] ?? '', subject, text };
    }),
  );
}
