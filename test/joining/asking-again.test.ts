// An active reader who subscribes again gets one mail that says so.
import { hour, day } from '../../src/durations.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { secrets } from '../support/site.js';
import { active, click, lastTo, mailsTo, post, site, stored, sweep, weather } from './confirming-support.js';

describe('an active reader who asks again', () => {
  test('gets a mail that says so, daily at most, with the links to change it and to leave', async () => {
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

  test('gets one mail for all newsletters, also after many requests at once', async () => {
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

  test('gets the mail although the queue lost the job, but not after leaving', async () => {
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
