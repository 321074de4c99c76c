// From request to confirmation: reminders, expired links, repeated requests, and one confirmation for several
// newsletters.
import { minute, hour, day } from '../../src/durations.js';
import type { Newsletter } from '../../src/newsletters/schema.js';
import { addressHash } from '../../src/subscribers/address.js';
import { expireUnconfirmed } from '../../src/joining/resume-confirmations.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { useDatabase } from '../support/fixture.js';
import { makeNewsletter } from '../support/newsroom.js';
import { secrets, startSite, subscriptionOf, type Site } from '../support/site.js';

const database = useDatabase();
let site: Site;
let post: Newsletter;
let food: Newsletter;
let weather: Newsletter;

beforeAll(async () => {
  post = await makeNewsletter(database.db, { name: 'The Harbour Post', slug: 'post' });
  food = await makeNewsletter(database.db, {
    name: 'Food & Drink',
    slug: 'food',
    customFields: [{ name: 'adult', label: 'I am over 18', type: 'checkbox', required: true }],
  });
  weather = await makeNewsletter(database.db, { name: 'Wetter', slug: 'weather', language: 'de' });
});
beforeEach(async () => {
  await database.db.change('delete from subscribers');
  site = await startSite(database.db);
});
afterEach(() => site.close());

const stored = (address: string, newsletter = post) => subscriptionOf(database.db, newsletter.id, address);
const mailsTo = (address: string) => site.sink.messagesTo(address).length;
const lastTo = async (address: string) => {
  const mail = await site.sink.messagesTo(address).at(-1)?.parsed();
  return { subject: mail?.subject ?? '', text: mail?.text ?? '', html: mail?.html ?? '' };
};
const click = (token: string, method = 'POST', path = '') =>
  fetch(`${site.url}/confirm/${token}${path}`, { method });
const sweep = async () => {
  await site.sweep();
  await site.work();
};

async function asked(email: string): Promise<string> {
  expect((await site.subscribe(post.slug, { email })).status).toBe(202);
  await site.work();
  return site.tokenTo(email);
}

async function active(email: string): Promise<void> {
  await click(await asked(email));
  expect((await stored(email)).confirmedAt).not.toBeNull();
}

describe('a reminder', () => {
  test('comes once, a day after the confirmation, with a link of its own; both links work', async () => {
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

  test('whichever link is clicked, the other one says that it is done', async () => {
    const email = 'bea@example.org';
    const first = await asked(email);
    site.clock.forward(day);
    await sweep();
    const second = await site.tokenTo(email);
    expect(await (await click(second)).text()).toContain('You are subscribed');
    expect(await (await click(first)).text()).toContain('You are subscribed');
    expect((await stored(email)).events).toEqual(['requested', 'reminded', 'confirmed']);
  });

  test('lengthens the life of its own link only', async () => {
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

  test('is not sent to who has confirmed, left, is suppressed or had a confirmation that was refused', async () => {
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

  test('is sent by one of several workers, and never again by whoever follows one that died', async () => {
    await asked('dan@example.org');
    const { id } = await stored('dan@example.org');
    site.clock.forward(day);
    const results = await Promise.all(Array.from({ length: 5 }, () => site.remind(id)));
    expect(results.filter((result) => result === 'sent')).toHaveLength(1);
    await sweep();
    expect(mailsTo('dan@example.org')).toBe(2);

    await asked('eve@example.org');
    site.clock.forward(day);
    // The state that a worker leaves behind if it dies after its claim.
    await database.db.change(
      `update subscriptions set reminder_due_at = null, reminded_at = $2 where id = $1`,
      [(await stored('eve@example.org')).id, site.clock.now()],
    );
    await sweep();
    expect(mailsTo('eve@example.org')).toBe(1);
  });

  test('that a relay puts off comes later', async () => {
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

  test('counts as one of the mails that an address may be sent', async () => {
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

  test('speaks the newsletter’s language where the reader has none', async () => {
    await site.subscribe(weather.slug, { email: 'heidi@example.org' });
    await site.work();
    site.clock.forward(day);
    await sweep();
    const { subject, html } = await lastTo('heidi@example.org');
    expect(subject).toBe('Erinnerung: Bitte bestätigen Sie Ihr Abonnement von Wetter');
    expect(html).toContain('lang="de"');
  });
});

describe('a link that is over', () => {
  const again = async (token: string) => click(token, 'POST', '/again');

  test('offers a fresh one, by a button, which works', async () => {
    const email = 'ada@example.org';
    const old = await asked(email);
    site.clock.forward(8 * day);
    await expireUnconfirmed({ db: database.db, now: site.clock.now });
    const page = await click(old, 'GET');
    expect(page.status).toBe(410);
    const html = await page.text();
    expect(html).toContain(`action="/confirm/${old}/again"`);
    expect(html).toContain(email);
    expect(await (await again(old)).text()).toContain('Check your inbox');
    await site.work();
    const fresh = await site.tokenTo(email);
    expect(fresh).not.toBe(old);
    expect((await click(old)).status).toBe(404);
    expect((await click(fresh)).status).toBe(200);
    expect((await stored(email)).events).toEqual(['requested', 'requested', 'confirmed']);
  });

  test('keeps what the reader chose', async () => {
    const email = 'bea@example.org';
    await site.subscribe(post.slug, { email, topics: ['Ferries'], sendTime: '05:30' });
    await site.work();
    const before = await stored(email);
    const old = await site.tokenTo(email);
    site.clock.forward(4 * day);
    await again(old);
    expect(await stored(email)).toMatchObject({
      topics: ['Ferries'],
      readingTimeId: (before as unknown as { readingTimeId: string }).readingTimeId,
      confirmationSentAt: null,
    });
  });

  test('answers the same, and sends no more than an address may have', async () => {
    const email = 'cleo@example.org';
    const old = await asked(email);
    site.clock.forward(4 * day);
    const pages = [];
    for (let times = 0; times < 3; times += 1) pages.push(await (await again(old)).text());
    expect(new Set(pages).size).toBe(1);
    await site.work();
    expect(mailsTo(email)).toBe(2);
    const twice = [await asked('dan@example.org'), await asked('eve@example.org')];
    site.clock.forward(4 * day);
    await Promise.all([...twice, ...twice].map(again));
    await site.work();
    expect([mailsTo('dan@example.org'), mailsTo('eve@example.org')]).toEqual([2, 2]);
  });

  test('does not come to life by asking for another', async () => {
    const email = 'fay@example.org';
    await active(email);
    const old = await site.tokenTo(email);
    const { id } = await stored(email);
    await fetch(`${site.url}/unsubscribe/${signToken(secrets.derive('links'), 'unsubscribe', id)}`, {
      method: 'POST',
    });
    site.clock.forward(hour);
    await again(old);
    expect((await click(old)).status).toBe(410);
    expect((await stored(email)).unsubscribedAt).not.toBeNull();
    await site.work();
    expect((await click(await site.tokenTo(email))).status).toBe(200);
    expect((await stored(email)).unsubscribedAt).toBeNull();
  });

  test('of a suppressed address gets the same answer and no mail; GET and unknown links do nothing', async () => {
    const email = 'gil@example.org';
    const old = await asked(email);
    site.clock.forward(4 * day);
    await database.db.change(`insert into suppressions (address_hash, reason) values ($1, 'manual')`, [
      addressHash(secrets.derive('address-hash'), email),
    ]);
    expect(await (await again(old)).text()).toContain('Check your inbox');
    await database.db.change('delete from suppressions');
    expect((await click(old, 'GET', '/again')).status).toBe(404);
    expect((await again('nothing-that-we-sent')).status).toBe(404);
    await site.work();
    expect(mailsTo(email)).toBe(1);
  });

  test('is none while it is good: the button shows that it is', async () => {
    const email = 'heidi@example.org';
    const token = await asked(email);
    const page = await again(token);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<form method="post"><button');
    await site.work();
    expect(mailsTo(email)).toBe(1);
  });
});

describe('an active reader who asks again', () => {
  test('is told so, daily at most, with the links to change it and to leave', async () => {
    const email = 'ada@example.org';
    await active(email);
    site.clock.forward(hour);
    site.sink.clear();
    for (let times = 0; times < 5; times += 1) {
      await site.subscribe(post.slug, { email });
      await site.work();
      site.clock.forward(hour);
    }
    expect(mailsTo(email)).toBe(1);
    const { subject, text } = await lastTo(email);
    expect(subject).toBe('You are already subscribed to The Harbour Post');
    const [, preferences] = /(\/preferences\/[\w-]{28})/.exec(text) ?? [];
    const [, leaving] = /(\/unsubscribe\/[\w-]{28})/.exec(text) ?? [];
    for (const path of [preferences, leaving]) expect((await fetch(site.url + path)).status).toBe(200);
    site.clock.forward(day);
    await site.subscribe(post.slug, { email });
    await site.work();
    expect(mailsTo(email)).toBe(2);
    expect((await stored(email)).events).toEqual(['requested', 'confirmed', 'asked-again', 'asked-again']);
  });

  test('is told once for all newsletters, also when many ask at once', async () => {
    const email = 'bea@example.org';
    await active(email);
    site.clock.forward(hour);
    await site.subscribe(weather.slug, { email });
    await site.work();
    await click(await site.tokenTo(email));
    site.clock.forward(day);
    site.sink.clear();
    await Promise.all(
      Array.from({ length: 20 }, (_, at) => site.subscribe(at % 2 ? post.slug : weather.slug, { email })),
    );
    await site.work();
    expect(mailsTo(email)).toBe(1);
  });

  test('is told although the queue lost the job, and not once they have left', async () => {
    for (const email of ['cleo@example.org', 'dan@example.org']) {
      await active(email);
      site.clock.forward(hour);
      await site.subscribe(post.slug, { email });
      site.queue.jobs.length = 0;
    }
    const { id } = await stored('dan@example.org');
    await fetch(`${site.url}/unsubscribe/${signToken(secrets.derive('links'), 'unsubscribe', id)}`, {
      method: 'POST',
    });
    site.sink.clear();
    await sweep();
    await sweep();
    expect(site.sink.messages.flatMap(({ to }) => to)).toEqual(['cleo@example.org']);
  });
});

describe('several newsletters', () => {
  const ask = (fields: [string, string][], headers: Record<string, string> = {}) =>
    fetch(`${site.url}/subscribe`, { method: 'POST', body: new URLSearchParams(fields), headers });
  const three: [string, string][] = ['post', 'food', 'weather'].map((slug) => ['newsletters', slug]);

  test('stand on the page of the service, and are asked for with one form', async () => {
    const page = await (await fetch(site.url)).text();
    for (const { slug } of [post, food, weather])
      expect(page).toContain(`type="checkbox" name="newsletters" value="${slug}"`);
    expect(page).toContain('action="/subscribe"');
    expect(page).toContain('name="customFields.adult"');
  });

  test('are confirmed with one mail and one button', async () => {
    const email = 'ada@example.org';
    const answer = await ask([...three, ['email', email], ['customFields.adult', '1']]);
    expect(await answer.text()).toMatch(
      /Check your inbox[\s\S]*The Harbour Post, Food &amp; Drink,? and Wetter/,
    );
    await site.work();
    await sweep();
    expect(mailsTo(email)).toBe(1);
    expect((await lastTo(email)).text).toMatch(/The Harbour Post, Food & Drink,? and\s+Wetter/);
    const token = await site.tokenTo(email);
    expect(await (await click(token, 'GET')).text()).toMatch(/Food &amp; Drink,? and Wetter/);
    for (const newsletter of [post, food, weather])
      expect(await stored(email, newsletter)).toMatchObject({
        confirmedAt: null,
        confirmationSentAt: site.clock.now(),
      });
    const done = await (await click(token)).text();
    for (const name of ['The Harbour Post', 'Food &amp; Drink', 'Wetter']) expect(done).toContain(name);
    for (const newsletter of [post, food, weather])
      expect(await stored(email, newsletter)).toMatchObject({
        confirmedAt: site.clock.now(),
        events: ['requested', 'confirmed'],
      });
    expect((await stored(email, food)) as unknown).toMatchObject({ customFields: { adult: true } });
    expect((await click(token)).status).toBe(200);
  });

  test('take nothing away from what is read already, and count as one request', async () => {
    const email = 'bea@example.org';
    await active(email);
    const before = await stored(email);
    site.clock.forward(hour);
    await ask([...three, ['email', email], ['customFields.adult', '1']]);
    await site.work();
    const token = await site.tokenTo(email);
    expect(await (await click(token, 'GET')).text()).not.toContain('The Harbour Post,');
    await click(token);
    expect(await stored(email)).toEqual(before);
    expect((await stored(email, weather)).confirmedAt).not.toBeNull();
    // The reader had two mails so far. The limit of three a day leaves one.
    site.clock.forward(hour);
    await database.db.change('update subscriptions set unsubscribed_at = $1', [site.clock.now()]);
    site.clock.forward(hour);
    await site.subscribe(post.slug, { email });
    await site.work();
    expect(mailsTo(email)).toBe(3);
  });

  test('are reminded of together', async () => {
    const email = 'cleo@example.org';
    await ask([...three.slice(0, 1), ['newsletters', weather.slug], ['email', email]]);
    await site.work();
    site.clock.forward(day);
    await sweep();
    expect(mailsTo(email)).toBe(2);
    expect((await lastTo(email)).subject).toBe(
      'Reminder: please confirm your subscription to The Harbour Post and Wetter',
    );
    await click(await site.tokenTo(email));
    for (const newsletter of [post, weather])
      expect((await stored(email, newsletter)).confirmedAt).not.toBeNull();
  });

  test('get a fresh link together', async () => {
    const email = 'dan@example.org';
    await ask([
      ['newsletters', post.slug],
      ['newsletters', weather.slug],
      ['email', email],
    ]);
    await site.work();
    const old = await site.tokenTo(email);
    site.clock.forward(8 * day);
    await expireUnconfirmed({ db: database.db, now: site.clock.now });
    await click(old, 'POST', '/again');
    await site.work();
    expect(mailsTo(email)).toBe(2);
    await click(await site.tokenTo(email));
    for (const newsletter of [post, weather])
      expect((await stored(email, newsletter)).confirmedAt).not.toBeNull();
  });

  test('one that is left or deleted before the button is pressed does not hold up the others', async () => {
    const gone = await makeNewsletter(database.db, { name: 'Gone', slug: 'gone' });
    const email = 'eve@example.org';
    await ask([
      ['newsletters', gone.slug],
      ['newsletters', post.slug],
      ['newsletters', weather.slug],
      ['email', email],
    ]);
    // The newsletter is deleted before the mail is sent. The others get their own mails.
    await database.db.change('delete from newsletters where id = $1', [gone.id]);
    await site.work();
    await sweep();
    expect(mailsTo(email)).toBe(2);
    for (const message of site.sink.messagesTo(email)) {
      const [, token = ''] = /\/confirm\/([\w-]+)/.exec((await message.parsed()).text ?? '') ?? [];
      await click(token);
    }
    for (const newsletter of [post, weather])
      expect((await stored(email, newsletter)).confirmedAt).not.toBeNull();

    const other = 'fay@example.org';
    await ask([
      ['newsletters', post.slug],
      ['newsletters', weather.slug],
      ['email', other],
    ]);
    await site.work();
    const { id } = await stored(other);
    await database.db.change('update subscriptions set unsubscribed_at = requested_at where id = $1', [id]);
    await click(await site.tokenTo(other));
    expect((await stored(other, weather)).confirmedAt).not.toBeNull();
    expect((await stored(other)).confirmedAt).toBeNull();
  });

  test('one asked for again by itself is confirmed by itself', async () => {
    const email = 'gil@example.org';
    await ask([
      ['newsletters', post.slug],
      ['newsletters', weather.slug],
      ['email', email],
    ]);
    await site.work();
    const both = await site.tokenTo(email);
    site.clock.forward(hour);
    await site.subscribe(weather.slug, { email });
    await site.work();
    const alone = await site.tokenTo(email);
    await click(both);
    expect([(await stored(email)).confirmedAt, (await stored(email, weather)).confirmedAt]).toEqual([
      site.clock.now(),
      null,
    ]);
    await click(alone);
    expect((await stored(email, weather)).confirmedAt).not.toBeNull();
  });

  test('refuse what makes no sense, and give back what was typed', async () => {
    const none = await ask([
      ['email', 'heidi@example.org'],
      ['name', 'Heidi'],
    ]);
    expect(none.status).toBe(400);
    const page = await none.text();
    expect(page).toContain('Please choose at least one newsletter.');
    expect(page).toContain('value="Heidi"');
    const unanswered = await ask([
      ['newsletters', food.slug],
      ['email', 'heidi@example.org'],
    ]);
    expect(unanswered.status).toBe(400);
    expect(await unanswered.text()).toMatch(
      /I am over 18: please tick this box\.[\s\S]*value="food" checked/,
    );
    expect(
      (
        await ask([
          ['newsletters', 'no-such'],
          ['email', 'heidi@example.org'],
        ])
      ).status,
    ).toBe(404);
    const json = await fetch(`${site.url}/subscribe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'heidi@example.org', newsletters: ['post', 'weather', 'post', 7] }),
    });
    expect([json.status, await json.json()]).toEqual([202, { status: 'accepted' }]);
    await site.work();
    expect(mailsTo('heidi@example.org')).toBe(1);
  });

  test('asked for by many at once are one mail each', async () => {
    const readers = Array.from({ length: 10 }, (_, at) => `reader${at}@example.org`);
    await Promise.all(
      [...readers, ...readers].map((email) =>
        ask([
          ['newsletters', post.slug],
          ['newsletters', weather.slug],
          ['email', email],
        ]),
      ),
    );
    await site.work();
    for (const email of readers) expect(mailsTo(email)).toBe(1);
  });
});
