// A page or file with personal data is `Cache-Control: no-store` (RFC 9111 section 5.2.2.5): a shared computer or a proxy
// keeps no copy.
import { useDatabase } from '../support/fixture.js';
import { useEveryRoute } from '../support/every-route.js';

const database = useDatabase();
const every = useEveryRoute(database);

const personal = /^\/(console|api\/v1|preferences|unsubscribe|confirm|address|review|held)(\/|$)/;
/** It describes the API and holds nothing of anybody. */
const impersonal = new Set(['/api/v1/openapi.json']);

test('no route lets a copy of personal data be kept', async () => {
  const authorization = `Bearer ${await every.app.key('owner')}`;
  const cookie = await every.cookieOf('owner');
  const wrong: string[] = [];
  for (const declared of every.declared) {
    const path = every.fill(declared) ?? declared;
    const answer = await fetch(every.app.url + path, {
      headers: { authorization, cookie, accept: 'text/html,*/*' },
      redirect: 'manual',
    });
    const control = answer.headers.get('cache-control') ?? '';
    const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    let text = '';
    if (isStream) await answer.body?.cancel();
    else text = await answer.text();
    const holds =
      (personal.test(declared) && !impersonal.has(declared)) || /@(readers|b)\.example/.test(text);
    if (holds && !/\bno-store\b/.test(control)) wrong.push(`${declared}: ${control}`);
  }
  expect(wrong).toEqual([]);
}, 60_000);

test('nor does the answer to a form that repeats an address', async () => {
  const post = (path: string, body: Record<string, string>) =>
    fetch(every.app.url + path, {
      method: 'POST',
      body: new URLSearchParams(body),
      headers: { accept: 'text/html' },
    });
  for (const [path, body] of [
    ['/n/open/subscribe', { email: 'reader@readers.example.org' }],
    ['/n/open/subscribe', { email: 'reader@' }],
    ['/console/sign-in', { email: 'owner@example.org', password: 'wrong' }],
  ] as const)
    expect((await post(path, body)).headers.get('cache-control')).toBe('no-store');
});
