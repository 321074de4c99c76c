// An endpoint of the API as one value: what it takes, what it answers, who may, and what it does. The router is mounted
// from these (mount.ts) and the OpenAPI document generated from them (openapi.ts), so the two cannot differ.
import { z, type ZodObject, type ZodType } from 'zod';
import type { Actor, Permission } from '../accounts/permission.js';
import type { Request, Response } from 'express';
import { isId } from '../ids.js';
import { defaultLimit, maxLimit } from '../paging.js';
import { problem, type Problem } from '../problem.js';
import type { ReceivedImport } from '../imports/receive-import.js';
import type { ApiDeps } from './deps.js';

export interface AnswerSpec {
  description: string;
  /** The JSON body; undefined: no body, or what `mediaType` says. */
  schema?: ZodType;
  mediaType?: string;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Anything but JSON: sent as it is. */
  text?: { mediaType: string; content: string | Buffer };
  /** What changed, for the audit log: 'newsletter:1'. */
  subject?: string;
  /** Nothing was changed, so there is nothing to audit. */
  unchanged?: true;
}

export interface Call<Query, Body> {
  deps: ApiDeps;
  /** `id` of the path. */
  id: string;
  query: Query;
  body: Body;
  /** What became of the body of an endpoint with a streamedBody. */
  received?: { mediaType: string; import: ReceivedImport };
  actor: Actor;
}

interface Common<Query> {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Below /api/v1, with express's parameters: /newsletters/:id */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  permission: Permission;
  query?: ZodObject & ZodType<Query>;
  answers: Record<number, AnswerSpec>;
  /** Codes of problems beside those that every path may answer, with when. */
  problems?: Record<number, string>;
  /** As the audit log names it: 'newsletter.create'. Absent for what changes nothing. */
  audit?: string;
}

export interface JsonEndpoint<Query, Body> extends Common<Query> {
  body?: ZodType<Body>;
  /** The request may come without a body. */
  bodyOptional?: boolean;
  /** The body is kept while it comes in; `handle` follows when it is all there, or else `discard`. */
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
  stream(call: Call<undefined, undefined>, req: Request, res: Response): Promise<Problem | undefined>;
}

export type Endpoint = JsonEndpoint<never, never> | StreamEndpoint;

/** Keeps what `handle` is given in step with the schemas. */
export function endpoint<Query = undefined, Body = undefined>(spec: JsonEndpoint<Query, Body>): Endpoint {
  // The router hands over what the schemas gave, so the parameters' types are checked here and erased after.
  return spec as unknown as Endpoint;
}

export function streamEndpoint(spec: StreamEndpoint): Endpoint {
  return spec;
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

export const id = z.string().meta({ description: 'Opaque.', example: '17' });
/** RFC 3339, UTC. The use cases give a Date, or its text. */
export const time = z
  .date()
  .meta({ type: 'string', format: 'date-time', example: '2026-03-01T07:00:00.000Z' });

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(maxLimit).default(defaultLimit),
  cursor: z.string().refine(isId, 'must be a nextCursor of this list').optional(),
});

export const pageSchema = <Item extends ZodType>(item: Item) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });
