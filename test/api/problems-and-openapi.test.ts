// The API's error codes, the handling common to all requests, and the OpenAPI document.
import { openDatabase } from '../../src/db.js';
import { webhookEvents } from '../../src/webhooks/events.js';
import { endpoints } from '../../src/api/routes.js';
import { freePort } from '../../src/embedded/ports.js';
import { startApp } from '../support/app.js';
import { useApp, useDatabase } from '../support/fixture.js';

const database = useDatabase();
const app = useApp(database);

const json = { 'content-type': 'application/json' };

describe('every problem has a code', () => {
  test.each([
    [400, 'malformed-json', '/newsletters', { raw: '{"name":', headers: json }],
    [400, 'body-missing', '/newsletters', {}],
    [
      415,
      'unsupported-media-type',
      '/newsletters',
      { raw: 'name=x', headers: { 'content-type': 'text/plain' } },
    ],
    [413, 'too-large', '/newsletters', { raw: JSON.stringify('x'.repeat(2_100_000)), headers: json }],
    [404, 'not-found', '/nothing-here', {}],
  ])('%s %s', async (status, code, path, options) => {
    const answer = await app.api('POST', path, undefined, options);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(answer.body).toMatchObject({ type: 'about:blank', status, title: expect.any(String) });
  });

  test('a text that cannot be stored, or would take a process its memory', async () => {
    const from = { address: 'a@example.org' };
    const post = (body: object) => app.api('POST', '/newsletters', { name: 'N', from, ...body });
    for (const body of [{ name: 'a'.repeat(500_000) }, { from: { ...from, name: '😀'.repeat(100_000) } }]) {
      const answer = await post(body);
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid']);
    }
    const stored = await post({ postalAddress: 'a\u0000b' });
    expect([stored.status, stored.body.code]).toEqual([400, 'unstorable-text']);
    const detail = await app.api('POST', '/suppressions', { email: 'n@example.org', detail: '\u0000' });
    expect([detail.status, detail.body.code]).toEqual([400, 'unstorable-text']);
  });

  test('an impossible id is not found', async () => {
    for (const id of ['a', '1e3', '99999999999999999999', '__proto__', '-1']) {
      for (const name of ['approve', 'retract', 'pause', 'resume', 'cancel'])
        expect((await app.api('POST', `/issues/${id}/${name}`)).status).toBe(404);
      expect((await app.api('PATCH', `/issues/${id}`, { subject: 'x' })).status).toBe(404);
    }
  });

  test('a method that a path does not take', async () => {
    const answer = await app.api('PUT', '/newsletters', {});
    expect([answer.status, answer.body.code]).toEqual([405, 'method-not-allowed']);
    expect(answer.headers.get('allow')).toBe('GET, POST');
  });

  test('a database that is away is 503, /readyz names it, and the process is alive', async () => {
    const port = await freePort();
    const url = `postgres://nobody:secret@127.0.0.1:${port}/none`;
    const db = openDatabase({ url });
    const broken = await startApp({ db, url });
    try {
      const answer = await broken.api('GET', '/newsletters', undefined, { key: `dd_${'a'.repeat(43)}` });
      expect([answer.status, answer.body.code]).toEqual([503, 'database-unavailable']);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(answer.text).not.toMatch(/secret|127\.0\.0\.1/);
      const ready = await fetch(`${broken.url}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({ status: 'unavailable', database: 'down' });
      for (const path of ['/livez', '/healthz']) {
        const alive = await fetch(broken.url + path);
        expect([path, alive.status, await alive.json()]).toEqual([path, 200, { status: 'ok' }]);
      }
    } finally {
      await broken.close();
      await db.end();
    }
  });
});

describe('around every request', () => {
  test('ready, alive, measured', async () => {
    expect(await (await fetch(`${app.url}/readyz`)).json()).toEqual({
      status: 'ready',
      database: 'up',
      queue: 'up',
    });
    await app.api('GET', '/newsletters/12345');
    for (const path of ['/n/some-slug/subscribe', '/subscribe'])
      await fetch(app.url + path, { method: 'POST', body: new URLSearchParams({ email: 'nobody' }) });
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toContain('route="/api/v1/newsletters/:id",status="404"');
    expect(metrics).toContain('method="POST",route="/n/:slug/subscribe",status="404"');
    expect(metrics).toContain('method="POST",route="/subscribe",status="400"');
    expect(metrics).not.toMatch(/12345|some-slug/);
    expect(metrics).toContain('digest_queue_jobs{queue="deliveries"} 0');
    expect(metrics).toContain('digest_workers 0');
    expect(metrics).toContain('digest_deliveries{state="excluded"} 0');
  });

  test('strict headers, and the caller’s request id given back', async () => {
    const response = await fetch(`${app.url}/healthz`, { headers: { 'x-request-id': 'request-0001' } });
    expect(response.headers.get('x-request-id')).toBe('request-0001');
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-powered-by')).toBeNull();
    expect(response.headers.get('strict-transport-security')).toMatch(/max-age/);
  });
});

interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
  webhooks: Record<
    string,
    {
      post: {
        requestBody: { content: { 'application/json': { schema: { properties: { type: unknown } } } } };
      };
    }
  >;
  components: { schemas: Record<string, unknown> };
}

describe('the OpenAPI document', () => {
  test('has the request of each webhook, which no API key guards', async () => {
    const document = (await (await fetch(`${app.url}/api/v1/openapi.json`)).json()) as OpenApi;
    expect(Object.keys(document.webhooks).toSorted()).toEqual([...webhookEvents].toSorted());
    for (const [event, { post }] of Object.entries(document.webhooks)) {
      expect(post).toMatchObject({ security: [], responses: { '2XX': {}, 410: {} } });
      expect(post.requestBody.content['application/json'].schema.properties.type).toMatchObject({
        enum: [event],
      });
    }
  });

  test('is public, is 3.1, and has every path that is mounted', async () => {
    const response = await fetch(`${app.url}/api/v1/openapi.json`);
    expect(response.status).toBe(200);
    const document = (await response.json()) as OpenApi;
    expect(document.openapi).toBe('3.1.0');
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const mounted = endpoints.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(documented.toSorted()).toEqual(mounted.toSorted());
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { responses } of operations) expect(Object.keys(responses)).toContain('401');
  });

  test('refers to nothing that is not in it', async () => {
    const text = await (await fetch(`${app.url}/api/v1/openapi.json`)).text();
    const document = JSON.parse(text) as OpenApi;
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(20);
    for (const name of new Set(names)) expect(Object.keys(document.components.schemas)).toContain(name);
  });
});
