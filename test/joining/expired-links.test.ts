// A confirmation link that has expired offers a new one.
import { hour, day } from '../../src/durations.js';
import { expireUnconfirmed } from '../../src/joining/resume-confirmations.js';
import { addressHash } from '../../src/subscribers/address.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { secrets } from '../support/site.js';
import { active, asked, click, database, mailsTo, post, site, stored } from './confirming-support.js';

describe('an expired link', () => {
  const again = async (token: string) => click(token, 'POST', '/again');

  test('offers a new one by a button, which works', async () => {
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

  test('gives the same answer, and respects the limit of mails to an address', async () => {
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

  test('stays invalid after a request for another', async () => {
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
    expect((await click(old, 'GET', '/again')).status).toBe(410);
    expect((await again('nothing-that-we-sent')).status).toBe(404);
    await site.work();
    expect(mailsTo(email)).toBe(1);
  });

  test('is not replaced while it is valid: the button says so', async () => {
    const email = 'heidi@example.org';
    const token = await asked(email);
    const page = await again(token);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<form method="post"><button');
    await site.work();
    expect(mailsTo(email)).toBe(1);
  });
});
