// Describes an endpoint of the API as one value: its input, answers, permission and handler. mount.ts makes
// the routes from these values and openapi.ts makes the OpenAPI document, so the two cannot differ.
import { z, type ZodObject, type ZodType } from 'zod';
import type { AuditAction } from '../accounts/audit-actions.js';
import type { Actor, NewsletterIds, Permission } from '../accounts/permission.js';
import type { Request, Response } from 'express';
import { idPattern } from '../ids.js';
import { defaultLimit, maxLimit } from '../paging.js';
import { problem, type Problem } from '../problem.js';
import type { ReceivedImport } from '../imports/receive-import.js';
import type { ApiDeps } from './deps.js';

/** A text of a query. PostgreSQL stores no U+0000, so none of its texts can match one. */
export const queryText = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\u0000]*$/, 'must not contain the character U+0000');

export interface AnswerSpec {
  description: string;
  /** The schema of the JSON body. If undefined, there is no body, or its type is `mediaType`. */
  schema?: ZodType;
  mediaType?: string;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** A body that is not JSON; sent unchanged. */
  text?: { mediaType: string; content: string | Buffer };
  /** The changed object, for the audit log: 'newsletter:1'. */
  subject?: string;
  /** More for the audit log, such as the reason of a change. */
  auditDetail?: object;
  /** The request changed nothing, so the audit log gets no entry. */
  unchanged?: true;
}

export interface Call<Query, Body> {
  deps: ApiDeps;
  /** The `:id` of the path; empty if the path has none. */
  id: string;
  /** Every parameter of the path. */
  params: Readonly<Record<string, string>>;
  query: Query;
  body: Body;
  /** The bytes of the body, if the endpoint has a `rawBody`. */
  bytes?: Buffer;
  /** The stored body, if the endpoint has a `streamedBody`. */
  received?: { mediaType: string; import: ReceivedImport };
  actor: Actor;
  /** The newsletters that the key reaches. */
  newsletterIds: NewsletterIds;
}

interface Common<Query> {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** The path below /api/v1, with express's parameters: /newsletters/:id */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  permission: Permission;
  query?: ZodObject & ZodType<Query>;
  answers: Record<number, AnswerSpec>;
  /** Problems in addition to the common ones (openapi.ts): the status and its description. */
  problems?: Record<number, string>;
  /** Of a GET of one object: fields that change by themselves. If-Match does not look at them. */
  volatile?: readonly string[];
  /** The action in the audit log: 'newsletter.create'. Absent if the endpoint changes nothing. */
  audit?: AuditAction;
  /** True: the answer lists only what a key for named newsletters reaches. */
  listsOwn?: true;
}

export interface JsonEndpoint<Query, Body> extends Common<Query> {
  /** The newsletter that the query or body is about, by id or slug, for keys that are limited to named ones. */
  asked?(call: Pick<Call<Query, Body>, 'query' | 'body'>): string | null | undefined;
  body?: ZodType<Body>;
  /** The request may omit the body. */
  bodyOptional?: boolean;
  /** The media types of a body that is no JSON, and small enough for the memory. */
  rawBody?: readonly string[];
  /**
   * `keep` stores the body while it arrives. Then `handle` runs. If the Idempotency-Key is invalid or was
   * used before, `discard` runs instead.
   */
  streamedBody?: {
    mediaTypes: string[];
    limit: number;
    keep(
      call: Pick<Call<Query, Body>, 'deps' | 'id'>,
      pieces: AsyncIterable<Uint8Array>,
    ): Promise<ReceivedImport | Problem>;
    discard(deps: ApiDeps, received: ReceivedImport): Promise<void>;
  };
  handle(call: Call<Query, Body>): Promise<Answer | Problem>;
}

export interface StreamEndpoint extends Common<undefined> {
  asked?: undefined;
  stream(call: Call<undefined, undefined>, req: Request, res: Response): Promise<Problem | undefined>;
}

export type Endpoint = JsonEndpoint<unknown, unknown> | StreamEndpoint;

/** Makes the compiler check the parameters of `handle` against the schemas. */
export function endpoint<Query = undefined, Body = undefined>(spec: JsonEndpoint<Query, Body>): Endpoint {
  // `handle` is a method, so its parameters may be widened here: the router passes on what the schemas returned.
  return spec;
}

export function streamEndpoint(spec: StreamEndpoint): Endpoint {
  return spec;
}

/** The GET of one object at this path, whose answers have an ETag; undefined if there is none. */
export function getterOf(
  endpoints: readonly Endpoint[],
  path: string,
): JsonEndpoint<unknown, unknown> | undefined {
  const found = endpoints.find((one) => one.method === 'get' && one.path === path);
  return path.endsWith('/:id') && found !== undefined && 'handle' in found ? found : undefined;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const noContent = (subject?: string): Answer => ({
  status: 204,
  ...(subject === undefined ? {} : { subject }),
});
export const created = (body: { id: string }, kind: string, location: string): Answer => ({
  status: 201,
  body,
  subject: `${kind}:${body.id}`,
  headers: { Location: `/api/v1${location}` },
});

export const notFound = (what: string): Problem => problem(404, 'not-found', `There is no such ${what}.`);

export const id = z.string().meta({ description: 'An opaque id.', example: '17' });
/** An address that the use case reads with parseAddress: it may have characters beyond ASCII (RFC 6531). */
export const mailAddress = z.string().max(1000).meta({ format: 'idn-email', example: 'ada@example.org' });
/**
 * A time in RFC 3339, UTC. The use cases return a Date or its text. The document's type comes from the
 * schema: named here, it would hide that a time may be null.
 */
export const time = z.date().meta({ format: 'date-time', example: '2026-03-01T07:00:00.000Z' });

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(maxLimit).default(defaultLimit),
  cursor: z.string().regex(idPattern, 'must be a nextCursor of this list').optional(),
});

export const pageSchema = <Item extends ZodType>(item: Item) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });
