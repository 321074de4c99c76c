// One form and one confirmation for several newsletters.
import { hour, day } from '../../src/durations.js';
import { expireUnconfirmed } from '../../src/joining/resume-confirmations.js';
import { getNewsletter } from '../../src/newsletters/get-newsletter.js';
import { updateNewsletter } from '../../src/newsletters/update-newsletter.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { makeNewsletter } from '../support/newsroom.js';
import { secrets } from '../support/site.js';
import {
  active,
  click,
  database,
  food,
  lastTo,
  leave,
  mailsTo,
  post,
  site,
  stored,
  sweep,
  weather,
} from './confirming-support.js';

describe('several newsletters', () => {
  const ask = (fields: [string, string][], headers: Record<string, string> = {}) =>
    fetch(`${site.url}/subscribe`, { method: 'POST', body: new URLSearchParams(fields), headers });
  const three: [string, string][] = ['post', 'food', 'weather'].map((slug) => ['newsletters', slug]);

  test('are on the page of the service, in one form', async () => {
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

  test('are asked about in our words, and a single one in the publisher’s', async () => {
    const own = { subject: 'Aye or nay?', introduction: 'Welcome aboard.' };
    await updateNewsletter(database, { id: post.id, patch: { confirmationMail: own } });
    const typed: [string, string][] = [['name', 'Buy-now Bo']];
    await ask([['newsletters', 'post'], ['email', 'one@example.org'], ...typed]);
    await ask([...three, ['email', 'all@example.org'], ['customFields.adult', '1'], ...typed]);
    await site.work();
    const [one, all] = [await lastTo('one@example.org'), await lastTo('all@example.org')];
    expect([one.subject, one.text.includes(own.introduction)]).toEqual([own.subject, true]);
    expect(all.subject).toMatch(/^Please confirm: /);
    for (const { text, html } of [one, all]) expect(text + html).not.toContain('Buy-now');
    expect(all.text + all.html).not.toContain(own.introduction);
    await updateNewsletter(database, {
      id: post.id,
      patch: { confirmationMail: { subject: null, introduction: null } },
    });
  });

  test('do not change present subscriptions, and count as one request', async () => {
    const email = 'bea@example.org';
    await active(email);
    const before = await stored(email);
    site.clock.forward(hour);
    await ask([...three, ['email', email], ['customFields.adult', '1']]);
    await site.work();
    const token = await site.tokenTo(email);
    const page = await (await click(token, 'GET')).text();
    expect(page).toContain('Wetter');
    expect(page).not.toContain('The Harbour Post,');
    await click(token);
    expect(await stored(email)).toEqual(before);
    expect((await stored(email, weather)).confirmedAt).not.toBeNull();
    // The reader had two mails so far. The limit of three a day leaves one.
    site.clock.forward(hour);
    for (const newsletter of [post, food, weather]) await leave((await stored(email, newsletter)).id);
    site.clock.forward(hour);
    await site.subscribe(post.slug, { email });
    await site.work();
    expect(mailsTo(email)).toBe(3);
  });

  test('get one reminder', async () => {
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

  test('get one new link', async () => {
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

  test('one that is left or deleted before the confirmation does not block the others', async () => {
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
    await leave((await stored(other)).id);
    await click(await site.tokenTo(other));
    expect((await stored(other, weather)).confirmedAt).not.toBeNull();
    expect((await stored(other)).confirmedAt).toBeNull();
  });

  test('one that is requested again alone is confirmed alone', async () => {
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

  test('refuse an invalid request, and show the typed values again', async () => {
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

  test('requested by many readers at once are one mail for each reader', async () => {
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

describe('a new newsletter', () => {
  test('is offered to readers once it has a postal address and a feed, unless its publisher keeps it unlisted', async () => {
    await active('fay@example.org');
    const { id: subscriptionId } = await stored('fay@example.org');
    const preferences = `${site.url}/preferences/${signToken(secrets.derive('links'), 'preferences', subscriptionId)}`;
    const draft = await makeNewsletter(database.db, {
      name: 'The Draft',
      slug: 'draft',
      postalAddress: null,
    });
    const change = (patch: object) => updateNewsletter(database, { id: draft.id, patch });
    const offered = async () => [
      (await (await fetch(site.url)).text()).includes('The Draft'),
      (await (await fetch(preferences)).text()).includes('The Draft'),
      (await getNewsletter(database.db, draft.id))?.listed,
    ];
    const [no, yes] = [
      [false, false, false],
      [true, true, true],
    ];
    expect(await offered()).toEqual(no);
    await change({ postalAddress: '1 Test Street' });
    expect(await offered()).toEqual(no);
    const join = () =>
      fetch(preferences, {
        method: 'POST',
        body: new URLSearchParams({ action: 'join', newsletter: 'draft' }),
      });
    expect((await join()).status).toBe(400);
    // Its own page works by its address.
    expect((await fetch(`${site.url}/n/draft`)).status).toBe(200);
    expect((await site.subscribe('draft', { email: 'gil@example.org' })).status).toBe(202);

    await database.db.change(
      `insert into feeds (newsletter_id, url) values ($1, 'https://draft.example/feed')`,
      [draft.id],
    );
    expect(await offered()).toEqual(yes);
    await change({ name: 'The Draft' }); // another change does not touch the wish
    expect(await offered()).toEqual(yes);
    await change({ postalAddress: null });
    expect(await offered()).toEqual(no);
    await change({ postalAddress: '1 Test Street', listed: false });
    expect(await offered()).toEqual(no);
    await change({ listed: true });
    expect(await offered()).toEqual(yes);
    expect((await join()).status).toBe(200);
    await change({ listed: false });
    // A reader who has it still finds it.
    expect(await offered()).toEqual([false, true, false]);
    await database.db.change('delete from newsletters where id = $1', [draft.id]);
  });
});
