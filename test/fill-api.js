// Fills a fresh server through its API, so that the requests of `npm run check:api` meet newsletters, posts, readers,
// issues, deliveries and imports. On a fresh database their ids are 1, 2, 3 …, as schemathesis.toml has them.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const newsletters = 4;
const ownTemplate = new URL('../templates/email/digest-letter.mjml.hbs', import.meta.url);

/** The feed that the newsletters poll. */
export const feed = `<?xml version="1.0"?><rss version="2.0"><channel><title>Example</title><link>https://example.org/</link>
<description>d</description><item><title>From the feed</title><link>https://example.org/feed/1</link><guid>feed-1</guid></item></channel></rss>`;

/** Sends one request; throws if it fails, because an empty server would pass most checks. */
function caller(url, apiKey) {
  return async (method, path, body, mediaType = 'application/json') => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': mediaType }) },
      ...(body && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
}

async function fillNewsletter(call, n, feedUrl) {
  const { id } = await call('POST', '/newsletters', {
    name: `Example ${n}`,
    from: { name: 'Example', address: 'digest@example.org' },
    postalAddress: '1 Example Street',
    topics: ['Arts'],
  });
  const posts = [1, 2, 3].map((post) => ({
    guid: `${n}-${post}`,
    title: `Post ${post}`,
    url: `https://example.org/${n}/${post}`,
    html: '<p>Words</p>',
    topics: ['Arts'],
  }));
  const at = `/newsletters/${id}`;
  await call('POST', `${at}/posts`, posts);
  await call('POST', `${at}/feeds`, { url: feedUrl });
  await call('POST', '/subscribers', { email: `ada${n}@example.org`, newsletterId: id, status: 'active' });
  await call('POST', `${at}/issues`, { review: n % 2 === 0 ? 'hold' : 'auto' });
  await call('POST', `${at}/mail-templates`, { mjml: await readFile(ownTemplate, 'utf8') });
  const csv = `email\nbob${n}@example.org\nnobody\n`;
  await call('POST', `${at}/imports?basis=asked&dryRun=${n % 2 === 0}`, csv, 'text/csv');
  await call('POST', '/domain-rules', { domain: `blocked${n}.example`, rule: 'block', newsletterId: id });
}

export async function fillApi(url, apiKey, feedUrl) {
  const call = caller(url, apiKey);
  for (let n = 1; n <= newsletters; n += 1) await fillNewsletter(call, n, feedUrl);
  await call('POST', '/suppressions', { email: 'stop@example.org' });
  for (let tries = 0; tries < 300; tries += 1) {
    const { status } = await call('GET', '/issues/1');
    if (status === 'finished') return;
    await delay(200);
  }
  throw new Error('the first issue did not finish');
}
