// What an installation tells strangers about itself: nothing in /metrics, and where to report a vulnerability.
import { readConfig } from '../../src/config/environment.js';
import { listeningInWords } from '../../src/config/listening.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { baseUrl, makeNewsletter } from '../support/newsroom.js';

const database = useDatabase();
const app = useApp(database);
const token = 'a token of 16 characters';
const withToken = useApp(database, { settings: { metricsToken: token.replaceAll(' ', '-') } });

const metrics = (url: string, headers: Record<string, string> = {}) => fetch(`${url}/metrics`, { headers });

test('without METRICS_TOKEN, /metrics answers this machine only', async () => {
  expect((await metrics(app.url)).status).toBe(200);
  // Requests of others, through a proxy on this machine.
  for (const headers of [
    { 'x-forwarded-for': '192.0.2.1' },
    { 'x-forwarded-for': '127.0.0.1' },
    { forwarded: 'for=x' },
  ]) {
    const refused = await metrics(app.url, headers);
    expect(refused.status).toBe(403);
    const text = await refused.text();
    expect(text).toContain('METRICS_TOKEN');
    expect(text).not.toContain('digest_');
  }
});

test('refused calls of webhooks are counted by their reason', async () => {
  const refused = await fetch(`${app.url}/hooks/feedback/nobody`, { method: 'POST', body: '{}' });
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([404, 'unknown-relay']);
  expect(await (await metrics(app.url)).text()).toContain(
    'digest_feedback_webhooks_rejected_total{reason="unknown-relay"} 1',
  );
});

test('with METRICS_TOKEN, the token alone decides', async () => {
  const authorization = `Bearer ${token.replaceAll(' ', '-')}`;
  expect((await metrics(withToken.url)).status).toBe(401);
  expect((await metrics(withToken.url, { authorization })).status).toBe(200);
  expect((await metrics(withToken.url, { authorization, 'x-forwarded-for': '192.0.2.1' })).status).toBe(200);
});

test('the start says what listens where, and who reaches it', () => {
  const words = (host: string, metricsToken?: string) =>
    listeningInWords({ host, port: 3000, ...(metricsToken === undefined ? {} : { metricsToken }) });
  expect(words('127.0.0.1').listens).toBe('127.0.0.1:3000  (only this machine reaches it)');
  expect(words('0.0.0.0').listens).toMatch(
    /^0\.0\.0\.0:3000 {2}\(every network of this machine reaches it, without TLS/,
  );
  expect(words('::').listens).toMatch(
    /^\[::\]:3000 {2}\(every network of this machine reaches it, without TLS/,
  );
  expect(words('192.0.2.1').listens).toMatch(/without TLS/);
  expect(words('0.0.0.0').metrics).toMatch(/this machine only.*METRICS_TOKEN/);
  expect(words('0.0.0.0', token).metrics).toBe('/metrics answers requests with METRICS_TOKEN');
});

describe('RFC 9116: security.txt', () => {
  const get = (url: string) => fetch(`${url}/.well-known/security.txt`);

  test('without a contact there is none', async () => {
    expect((await get(app.url)).status).toBe(404);
  });

  test('names a contact and a day on which it expires', async () => {
    await makeNewsletter(database.db, { replyTo: 'editors@news.example.org' });
    const answer = await get(app.url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const fields = new Map(
      (await answer.text())
        .trim()
        .split('\n')
        .map((line) => line.split(': ') as [string, string]),
    );
    expect(fields.get('Contact')).toBe('mailto:editors@news.example.org');
    expect(fields.get('Canonical')).toBe(`${baseUrl}/.well-known/security.txt`);
    const expires = Date.parse(fields.get('Expires') ?? '');
    expect(expires).toBeGreaterThan(Date.now() + 86_400_000);
    expect(expires).toBeLessThan(Date.now() + 365 * 86_400_000);
  });

  test('SECURITY_CONTACT goes before it', () => {
    expect(readConfig({ SECURITY_CONTACT: 'https://example.org/report' }).securityContact).toBe(
      'https://example.org/report',
    );
    for (const wrong of [
      'security@example.org',
      'http://example.org',
      'mailto:',
      'mailto:a@b\nX: y',
      'https://',
    ])
      expect(() => readConfig({ SECURITY_CONTACT: wrong })).toThrow(/^SECURITY_CONTACT is /);
  });
});
