// Makes the OpenAPI 3.1 document from the endpoints and the schemas that check their requests.
import { OpenApiGeneratorV31, OpenAPIRegistry, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { getterOf, type Endpoint } from './endpoint.js';
import { policyName, requestsPerMinute } from './admit-keys.js';
import { webhookRequests } from './webhook-events.js';

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'A stable code for programs.' }),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

const retryAfter = 'Retry-After';
/** They stand in each answer to a valid key. The document names them where a program looks: in successes and 429. */
const limitHeaders = {
  RateLimit: {
    description: 'What is left of the limit: `r` requests, and `t` seconds until all of it is back.',
    schema: { type: 'string' as const },
    example: `"${policyName}";r=${requestsPerMinute - 1};t=60`,
  },
  'RateLimit-Policy': {
    description: 'The limit: `q` requests in `w` seconds, for each key.',
    schema: { type: 'string' as const },
    example: `"${policyName}";q=${requestsPerMinute};w=60`,
  },
  [retryAfter]: { description: 'Seconds to wait.', schema: { type: 'integer' as const, minimum: 1 } },
};
const refer = (...names: (keyof typeof limitHeaders)[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
const limited = refer('RateLimit', 'RateLimit-Policy');

/** The headers of a problem that tells when to come back. */
const waitingHeaders: Record<string, object> = {
  429: { headers: { ...limited, ...refer(retryAfter) } },
  503: { headers: refer(retryAfter) },
};

const problemAnswer = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

function problemsOf(spec: Endpoint, hasTag: boolean): Record<string, ReturnType<typeof problemAnswer>> {
  const takesBody = 'body' in spec || 'streamedBody' in spec || 'rawBody' in spec;
  const known: Record<number, string> = {
    ...(takesBody || spec.query || spec.method === 'post'
      ? { 400: 'The request is not valid. `errors` names the fields.' }
      : {}),
    401: 'The request has no valid API key.',
    403: 'The key’s role does not allow this.',
    ...(spec.path.includes('/:id') ? { 404: 'Nothing has this id.' } : {}),
    ...(hasTag && spec.method !== 'get'
      ? { 412: 'precondition-failed: If-Match does not name the current ETag.' }
      : {}),
    ...(takesBody ? { 413: 'The body is too large.', 415: 'The body has the wrong media type.' } : {}),
    429: 'Too many requests. See Retry-After.',
    503: 'The database cannot be reached. See Retry-After.',
    ...(spec.method === 'post'
      ? {
          409: 'The first request with this Idempotency-Key is still running.',
          422: 'The Idempotency-Key was used for another request.',
        }
      : {}),
    ...spec.problems,
  };
  return Object.fromEntries(
    Object.entries(known).map(([status, text]) => [
      status,
      { ...problemAnswer(text), ...waitingHeaders[status] },
    ]),
  );
}

function bodyOf(spec: Endpoint): Pick<NonNullable<RouteConfig['request']>, 'body'> {
  if ('streamedBody' in spec && spec.streamedBody) {
    const schema = { type: 'string' as const };
    return {
      body: {
        required: true,
        content: Object.fromEntries(spec.streamedBody.mediaTypes.map((type) => [type, { schema }])),
      },
    };
  }
  if ('rawBody' in spec && spec.rawBody)
    return {
      // Generators of clients know this type alone for bytes. The description names the others.
      body: {
        required: true,
        content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
      },
    };
  if ('body' in spec && spec.body)
    return {
      body: { required: spec.bodyOptional !== true, content: { 'application/json': { schema: spec.body } } },
    };
  return {};
}

/** OpenAPI 3.1 cannot describe the events of a stream, and programs check each event against the schema. */
const schemaOf = (mediaType: string) =>
  mediaType === 'text/event-stream' ? {} : { type: 'string' as const };

const tagHeader = {
  description: 'The version of the object, for If-Match and If-None-Match.',
  schema: { type: 'string' as const },
};

const mayBeUnchanged = (spec: Endpoint, hasTag: boolean): boolean => hasTag && spec.method === 'get';

const unchangedAnswer = {
  304: {
    description: 'The object is still the one that If-None-Match names. There is no body.',
    headers: { ETag: tagHeader, ...limited },
  },
};

function headersOf(spec: Endpoint, hasTag: boolean): Record<string, z.ZodType> {
  if (spec.method === 'post')
    return {
      'Idempotency-Key': z
        .string()
        .regex(/^[!-~]{1,255}$/)
        .optional()
        .meta({
          description:
            'A request that is repeated with the same key takes effect once and gets the same answer.',
        }),
    };
  if (mayBeUnchanged(spec, hasTag))
    return {
      'If-None-Match': z
        .string()
        .optional()
        .meta({ description: 'The ETag of the object as you read it. 304: it is still the same.' }),
    };
  if (hasTag && spec.method !== 'get')
    return {
      'If-Match': z.string().optional().meta({
        description: 'The ETag of the object as you read it. 412: it has changed since, and nothing is done.',
        example: '*',
      }),
    };
  return {};
}

function route(spec: Endpoint, hasTag: boolean): RouteConfig {
  const answers = Object.entries(spec.answers).map(([status, { description, schema, mediaType }]) => [
    status,
    {
      description,
      headers: { ...(hasTag && status === '200' ? { ETag: tagHeader } : {}), ...limited },
      ...(schema ? { content: { 'application/json': { schema } } } : {}),
      ...(mediaType === undefined ? {} : { content: { [mediaType]: { schema: schemaOf(mediaType) } } }),
    },
  ]);
  const headers = headersOf(spec, hasTag);
  return {
    method: spec.method,
    path: spec.path.replaceAll(/:(\w+)/g, '{$1}'),
    operationId: operationId(spec),
    tags: [spec.tag],
    summary: spec.summary,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    'x-permission': spec.permission,
    request: {
      ...(spec.path.includes('/:id') ? { params: pathParams(spec) } : {}),
      ...(spec.query ? { query: spec.query } : {}),
      ...(Object.keys(headers).length === 0 ? {} : { headers: z.object(headers) }),
      ...bodyOf(spec),
    },
    responses: {
      ...problemsOf(spec, hasTag),
      ...(mayBeUnchanged(spec, hasTag) ? unchangedAnswer : {}),
      ...Object.fromEntries(answers),
    },
  };
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function pathParams({ path }: Endpoint): z.ZodObject<Record<string, z.ZodString>> {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
}

/** GET /newsletters/:id/feeds → getNewslettersByIdFeeds */
function operationId({ method, path }: Endpoint): string {
  const words = path.split(/[/.-]/).filter((part) => part !== '');
  return (
    method +
    words.map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word))).join('')
  );
}

/** The document for `endpoints`, which are mounted at `baseUrl`/api/v1. */
export function openApiDocument(endpoints: readonly Endpoint[], baseUrl: string): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'apiKey', { type: 'http', scheme: 'bearer' });
  for (const [name, header] of Object.entries(limitHeaders))
    registry.registerComponent('headers', name, header);
  for (const webhook of webhookRequests()) registry.registerWebhook(webhook);
  for (const spec of endpoints)
    registry.registerPath(route(spec, getterOf(endpoints, spec.path) !== undefined));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: { title: 'Daily Digest', version: '1', license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: `${baseUrl}/api/v1` }],
    security: [{ apiKey: [] }],
  });
}
