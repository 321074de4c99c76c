// Parts of joining without a relay: a reader who has the mail with the link, and a worker that dies.
import type { Db } from '../../src/db.js';
import { createSubscriber } from '../../src/joining/create-subscriber.js';
import { sendConfirmation } from '../../src/joining/send-confirmation.js';
import type { Mailer } from '../../src/mail/send.js';
import { baseUrl, rememberingQueue } from './newsroom.js';
import { limits, secrets } from './site.js';

/** The mailer of a worker that dies after its claim. */
export const dyingMailer: Mailer = { send: () => Promise.reject(new Error('the worker dies')) };

/** Makes a reader who is asked at `now` to confirm. Returns the token of the mailed link. */
export async function makePending(
  db: Db,
  { email, newsletterId }: { email: string; newsletterId: string },
  now = () => new Date(),
): Promise<string> {
  const queue = rememberingQueue();
  const deps = { db, enqueue: queue.enqueue, secrets, now, subscribeLimits: limits() };
  const made = await createSubscriber(deps, { email, newsletterId, via: 'api' });
  if (!made.ok) throw new Error(made.code);
  let text = '';
  const mailer: Mailer = {
    send(mail) {
      text = mail.text;
      return Promise.resolve({
        outcome: { outcome: 'accepted' },
        handOver: { ended: 'accepted', relay: 'a relay', code: 250, reply: '250 OK' },
      });
    },
  };
  for (const { payload } of queue.jobs)
    if (payload.kind === 'confirm') await sendConfirmation({ db, mailer, baseUrl, now }, payload);
  const [, token] = /\/confirm\/([\w-]+)/.exec(text) ?? [];
  if (token === undefined) throw new Error(`no link was mailed to ${email}`);
  return token;
}
