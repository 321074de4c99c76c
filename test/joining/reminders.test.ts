// The reminder that a reader gets a day after the confirmation, and the welcome after the first click.
import { minute, hour, day } from '../../src/durations.js';
import { sendReminder } from '../../src/joining/send-notices.js';
import { sendWelcome } from '../../src/joining/send-welcome.js';
import { updateNewsletter } from '../../src/newsletters/update-newsletter.js';
import { addressHash } from '../../src/subscribers/address.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { dyingMailer } from '../support/joining.js';
import { limits, secrets } from '../support/site.js';
import {
  active,
  asked,
  click,
  database,
  lastTo,
  leave,
  mailsTo,
  post,
  site,
  stored,
  sweep,
  weather,
} from './confirming-support.js';

describe('a reminder', () => {
  test('comes once, a day after the confirmation, with another link; both links work', async () => {
    const email = 'ada@example.org';
    const first = await asked(email);
    site.clock.forward(day - minute);
    await sweep();
    expect(mailsTo(email)).toBe(1);
    site.clock.forward(2 * minute);
    await sweep();
    expect(mailsTo(email)).toBe(2);
    const { subject, text } = await lastTo(email);
    expect(subject).toBe('Reminder: please confirm your subscription to The Harbour Post');
    expect(text).toMatch(/Do you still want to receive The Harbour Post\?/);
    const second = await site.tokenTo(email);
    expect(second).not.toBe(first);
    for (const token of [first, second]) expect((await click(token, 'GET')).status).toBe(200);
    for (let days = 0; days < 6; days += 1) {
      site.clock.forward(day);
      await sweep();
    }
    expect(mailsTo(email)).toBe(2);
    expect((await stored(email)).events).toEqual(['requested', 'reminded']);
  });

  test('after a click on one link, the other one says that it is done', async () => {
    const email = 'bea@example.org';
    const first = await asked(email);
    site.clock.forward(day);
    await sweep();
    const second = await site.tokenTo(email);
    expect(await (await click(second)).text()).toContain('You are subscribed');
    expect(await (await click(first)).text()).toContain('You are subscribed');
    expect((await stored(email)).events).toEqual(['requested', 'reminded', 'confirmed']);
  });

  test('extends the life of its own link only', async () => {
    const email = 'cleo@example.org';
    const first = await asked(email);
    site.clock.forward(day);
    await sweep();
    const second = await site.tokenTo(email);
    site.clock.forward(2 * day);
    expect((await click(first, 'GET')).status).toBe(410);
    expect((await click(second, 'GET')).status).toBe(200);
    site.clock.forward(day);
    expect((await click(second)).status).toBe(410);
    expect((await stored(email)).confirmedAt).toBeNull();
  });

  test('is not sent to a reader who confirmed, left, is suppressed, or whose confirmation was refused', async () => {
    await active('done@example.org');
    await asked('blocked@example.org');
    await asked('left@example.org');
    const token = signToken(secrets.derive('links'), 'unsubscribe', (await stored('left@example.org')).id);
    await fetch(`${site.url}/unsubscribe/${token}`, { method: 'POST' });
    await database.db.change(`insert into suppressions (address_hash, reason) values ($1, 'manual')`, [
      addressHash(secrets.derive('address-hash'), 'blocked@example.org'),
    ]);
    site.sink.onStage((stage) => (stage === 'rcpt' ? { code: 550, text: '5.1.1 nobody' } : undefined));
    await site.subscribe(post.slug, { email: 'nobody@example.org' });
    await site.work();
    site.sink.onStage(undefined);
    site.sink.clear();
    site.clock.forward(day);
    await sweep();
    expect(site.sink.messages).toHaveLength(0);
    await database.db.change('delete from suppressions');
  });

  test('is sent by one of several workers, and not again after that worker died', async () => {
    await asked('dan@example.org');
    const { id } = await stored('dan@example.org');
    site.clock.forward(day);
    const results = await Promise.all(Array.from({ length: 5 }, () => site.remind(id)));
    expect(results.filter((result) => result === 'sent')).toHaveLength(1);
    await sweep();
    expect(mailsTo('dan@example.org')).toBe(2);

    await asked('eve@example.org');
    site.clock.forward(day);
    const { db } = database;
    const dead = {
      db,
      mailer: dyingMailer,
      secrets,
      baseUrl: site.url,
      now: site.clock.now,
      subscribeLimits: limits(),
    };
    const { id: subscriptionId } = await stored('eve@example.org');
    await expect(sendReminder(dead, { subscriptionId })).rejects.toThrow('dies');
    await sweep();
    expect(mailsTo('eve@example.org')).toBe(1);
  });

  test('that the relay deferred comes later', async () => {
    await asked('fay@example.org');
    site.clock.forward(day);
    site.sink.onStage((stage) => (stage === 'rcpt' ? { code: 451, text: '4.7.1 later' } : undefined));
    await sweep();
    site.sink.onStage(undefined);
    await sweep();
    expect(mailsTo('fay@example.org')).toBe(1);
    site.clock.forward(30 * minute);
    await sweep();
    expect(mailsTo('fay@example.org')).toBe(2);
    expect((await click(await site.tokenTo('fay@example.org'))).status).toBe(200);
  });

  test('counts towards the limit of mails to an address', async () => {
    const email = 'gil@example.org';
    for (let times = 0; times < 5; times += 1) {
      await asked(email);
      site.clock.forward(day - hour);
    }
    site.sink.clear();
    site.clock.forward(hour);
    await sweep();
    expect(mailsTo(email)).toBe(0);
  });

  test('is in the newsletter’s language if the reader chose none', async () => {
    await site.subscribe(weather.slug, { email: 'heidi@example.org' });
    await site.work();
    site.clock.forward(day);
    await sweep();
    const { subject, html } = await lastTo('heidi@example.org');
    expect(subject).toBe('Erinnerung: Bitte bestätigen Sie Ihr Abonnement von Wetter');
    expect(html).toContain('lang="de"');
  });
});

describe('a welcome', () => {
  const welcomeMail = {
    enabled: true,
    subject: 'Aboard!',
    text: 'Hello <b>{{name}}</b>.\n\nShips at seven.',
  };
  beforeAll(() => updateNewsletter(database, { id: post.id, patch: { welcomeMail } }));
  afterAll(() => updateNewsletter(database, { id: post.id, patch: { welcomeMail: { enabled: false } } }));
  const confirmed = async (email: string) => {
    await click(await asked(email));
    return (await stored(email)).id;
  };

  test('comes once, after the first confirmation, and can be left with one click', async () => {
    const email = 'ada@example.org';
    const id = await confirmed(email);
    await site.work();
    expect(mailsTo(email)).toBe(2);
    const { subject, text, html } = await lastTo(email);
    expect(subject).toBe('Aboard!');
    expect(text).toMatch(/Hello <b>\{\{name\}\}<\/b>\.\n\nShips at seven\.\n/);
    expect(html).toContain('Hello &lt;b&gt;{{name}}&lt;/b&gt;.</p>');
    const mail = await site.sink.messagesTo(email).at(-1)?.parsed();
    const headers = new Map(mail?.headers.map(({ key, value }) => [key, value]));
    expect(headers.get('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
    const [, leaveAt = ''] = /^<(.*)>$/.exec(headers.get('list-unsubscribe') ?? '') ?? [];
    expect((await fetch(leaveAt, { method: 'POST', body: 'List-Unsubscribe=One-Click' })).status).toBe(200);
    expect((await stored(email)).unsubscribedAt).not.toBeNull();

    // Leaving and confirming again is not the first confirmation.
    site.clock.forward(day);
    await confirmed(email);
    await sweep();
    expect(mailsTo(email)).toBe(3);
    await expect(site.welcome(id)).resolves.toBe('nothing-to-send');
  });

  test('is found by the sweep, sent by one of several workers, and never by two after a death', async () => {
    const id = await confirmed('bea@example.org');
    site.queue.jobs.length = 0; // The queue lost the job.
    const results = await Promise.all(Array.from({ length: 5 }, () => site.welcome(id)));
    expect(results.filter((result) => result === 'sent')).toHaveLength(1);
    await sweep();
    expect(mailsTo('bea@example.org')).toBe(2);

    const subscriptionId = await confirmed('cleo@example.org');
    const dead = { db: database.db, mailer: dyingMailer, secrets, baseUrl: site.url, now: site.clock.now };
    await expect(sendWelcome(dead, { subscriptionId })).rejects.toThrow('dies');
    for (let days = 0; days < 3; days += 1) {
      site.clock.forward(day);
      await sweep();
    }
    expect(mailsTo('cleo@example.org')).toBe(1);

    await confirmed('dan@example.org');
    site.queue.jobs.length = 0;
    await sweep();
    expect(mailsTo('dan@example.org')).toBe(2);
  });

  test('that the relay deferred comes later, but not to a reader who has left', async () => {
    const tokens = [await asked('eve@example.org'), await asked('fay@example.org')];
    for (const token of tokens) await click(token);
    const [eve, fay] = [(await stored('eve@example.org')).id, (await stored('fay@example.org')).id];
    site.sink.onStage((stage) => (stage === 'rcpt' ? { code: 451, text: '4.7.1 later' } : undefined));
    expect([await site.welcome(eve), await site.welcome(fay)]).toEqual(['put-off', 'put-off']);
    site.sink.onStage(undefined);
    await leave(fay);
    site.clock.forward(hour);
    await sweep();
    expect([mailsTo('eve@example.org'), mailsTo('fay@example.org')]).toEqual([2, 1]);
  });

  test('is not sent by a newsletter without one', async () => {
    const email = 'gil@example.org';
    await site.subscribe(weather.slug, { email });
    await site.work();
    await click(await site.tokenTo(email));
    await sweep();
    expect(mailsTo(email)).toBe(1);
  });
});
