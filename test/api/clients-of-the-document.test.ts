// What a generated client relies on: the document's types compile, and no answer has a null that the document does not
// tell of. generated-clients.test.ts runs real generators.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endpoints } from '../../src/api/routes.js';
import { openApiDocument } from '../../src/api/openapi.js';
import { useDatabase } from '../support/fixture.js';
import { useEveryRoute } from '../support/every-route.js';

interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
}
interface Operation {
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
  requestBody?: { content: Record<string, { schema: Schema }> };
}
interface Document {
  paths: Record<string, Record<string, Operation & { operationId: string }>>;
  webhooks: Record<string, { post: Operation & { operationId: string } }>;
  components: { schemas: Record<string, Schema> };
}

const document = openApiDocument(endpoints, 'https://digest.example.org') as Document;

/** The TypeScript type of a schema, as generators write it. */
function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.replace(/^.*\//, '');
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return several.map((one) => `(${typeOf(one)})`).join(' | ');
  if (schema.allOf) return schema.allOf.map((one) => `(${typeOf(one)})`).join(' & ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  return (
    [schema.type ?? []]
      .flat()
      .map((type) => plainType(type, schema))
      .join(' | ') || 'unknown'
  );
}

function plainType(
  type: string,
  { items, properties = {}, required = [], additionalProperties }: Schema,
): string {
  if (type === 'integer') return 'number';
  if (type === 'array') return `(${items ? typeOf(items) : 'unknown'})[]`;
  if (type !== 'object') return type;
  const fields = Object.entries(properties).map(
    ([name, schema]) => `${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};`,
  );
  if (typeof additionalProperties === 'object')
    fields.push(`[name: string]: ${typeOf(additionalProperties)};`);
  return `{ ${fields.join(' ')} }`;
}

function client(): string {
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema)};`,
  );
  const calls = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .map(({ operationId, responses, requestBody }) => {
      const answer = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
      const schema = answer?.content?.['application/json']?.schema;
      const body = requestBody?.content['application/json']?.schema;
      return `  ${operationId}(${body ? `body: ${typeOf(body)}` : ''}): Promise<${schema ? typeOf(schema) : 'unknown'}>;`;
    });
  const events = Object.values(document.webhooks).map(({ post: { requestBody } }) =>
    typeOf(requestBody?.content['application/json']?.schema ?? {}),
  );
  return `${schemas.join('\n')}
export type WebhookRequest = ${events.map((event) => `(${event})`).join(' | ')};
export interface Client {\n${calls.join('\n')}\n}\n`;
}

test('the types of a generated client compile, and tell each time that may be null', () => {
  const folder = mkdtempSync(join(tmpdir(), 'daily-digest-client-'));
  try {
    writeFileSync(join(folder, 'client.ts'), client());
    writeFileSync(
      join(folder, 'use.ts'),
      `import type { Client, WebhookRequest } from './client.js';
export function hear(event: WebhookRequest): string {
  switch (event.type) {
    case 'subscriber.confirmed':
      // @ts-expect-error A reader may have no name.
      return event.data.email + event.data.name.toUpperCase();
    case 'issue.finished':
      return String(event.data.counts.accepted);
    case 'feed.failing':
      return event.data.error;
    default:
      // @ts-expect-error Not every event has one.
      return event.data.email;
  }
}
export async function use(client: Client): Promise<(string | null)[]> {
  const { data } = await client.getApiKeys();
  const key = await client.getApiKeysById();
  const feed = await client.getFeedsById();
  const sending = await client.getSending();
  // @ts-expect-error A key that was never used has no such time.
  const used: string = key.lastUsedAt;
  // @ts-expect-error A feed that was never polled has none.
  const polled: string = feed.lastPolledAt;
  // @ts-expect-error Sending is not on hold.
  const since: string = sending.since;
  return [used, polled, since, key.createdAt, key.expiresAt, ...data.map(({ revokedAt }) => revokedAt)];
}
`,
    );
    const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
    const options = [
      '--noEmit',
      '--ignoreConfig',
      '--strict',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--types',
      '',
    ];
    const compiled = spawnSync(process.execPath, [tsc, ...options, join(folder, 'use.ts')], {
      encoding: 'utf8',
    });
    expect(compiled.stdout).toBe('');
    expect(compiled.status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('no named schema may be null: a generated type of this name would be null everywhere', () => {
  const nullable = Object.entries(document.components.schemas).filter(([, { type }]) =>
    [type].flat().includes('null'),
  );
  expect(nullable.map(([name]) => name)).toEqual([]);
});

test('every pattern of the document matches what the API itself answers', () => {
  const example = document.components.schemas['Look']?.properties?.['brandColour'] as { pattern: string };
  expect('#0b5a78').toMatch(new RegExp(example.pattern));
});

const database = useDatabase();
const every = useEveryRoute(database);

/** Where the value has a null that the schema does not allow. */
function untoldNulls(value: unknown, schema: Schema, at = ''): string[] {
  if (schema.$ref !== undefined)
    return untoldNulls(value, document.components.schemas[schema.$ref.replace(/^.*\//, '')] ?? {}, at);
  const several = schema.anyOf ?? schema.oneOf;
  if (several) {
    const found = several.map((one) => untoldNulls(value, one, at));
    return found.find((nulls) => nulls.length === 0) ?? found[0] ?? [];
  }
  if (schema.allOf) return schema.allOf.flatMap((one) => untoldNulls(value, one, at));
  if (value === null) {
    const isTold =
      schema.type === undefined ? schema.enum === undefined : [schema.type].flat().includes('null');
    return isTold || schema.enum?.includes(null) ? [] : [at];
  }
  if (Array.isArray(value)) return value.flatMap((one) => untoldNulls(one, schema.items ?? {}, `${at}[]`));
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, one]) =>
    untoldNulls(one, schema.properties?.[name] ?? {}, `${at}.${name}`),
  );
}

test('no answer to a GET has a null that the document does not tell of', async () => {
  const key = await every.app.key('owner');
  const found: string[] = [];
  let asked = 0;
  for (const [path, { get }] of Object.entries(document.paths)) {
    const schema = get?.responses['200']?.content?.['application/json']?.schema;
    const filled = every.fill(`/api/v1${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
    if (!schema || filled === undefined) continue;
    const answer = await every.app.api('GET', filled.replace('/api/v1', ''), undefined, { key });
    if (answer.status !== 200) continue;
    asked += 1;
    found.push(...untoldNulls(answer.body, schema, path));
  }
  expect(asked).toBeGreaterThan(20);
  expect(found).toEqual([]);
});
