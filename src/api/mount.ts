// Mounts the endpoints. A request passes these steps: API key → rate limit → permission → Idempotency-Key →
// validation → endpoint → audit log → answer.
import type { Hash } from 'node:crypto';
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { z } from 'zod';
import { recordAudit } from '../accounts/audit.js';
import { expectedProblem, invalid, problem, problemBody, sendProblem, type Problem } from '../problem.js';
import type { ApiDeps } from './deps.js';
import { changeIfMatch, namesSame, tagOf } from './conditional.js';
import {
  getterOf,
  type Answer,
  type Call,
  type Endpoint,
  type JsonEndpoint,
  type StreamEndpoint,
} from './endpoint.js';
import { admitKeys, keyOf, type KeyActor } from './admit-keys.js';
import { claim, requestHash, settle, type IdempotentRequest, type StoredAnswer } from './idempotency.js';
import { refuseByRequest } from './keep-keys.js';
import { receiveBody, type Received } from './streamed-body.js';

const bodyLimit = '2mb';

type AnyEndpoint = JsonEndpoint<unknown, unknown>;

const isProblem = (value: Answer | Problem): value is Problem => 'code' in value;

/** The answer in the form that can be stored and sent again. */
function toStored(answer: Answer | Problem): StoredAnswer {
  if (isProblem(answer))
    return {
      status: answer.status,
      headers: answer.retryAfter === undefined ? {} : { 'Retry-After': String(Math.ceil(answer.retryAfter)) },
      mediaType: 'application/problem+json',
      content: JSON.stringify(problemBody(answer)),
    };
  return {
    status: answer.status,
    headers: answer.headers ?? {},
    mediaType: answer.body === undefined ? null : 'application/json',
    content: answer.body === undefined ? null : JSON.stringify(answer.body),
  };
}

function sendStored(res: Response, { status, headers, mediaType, content }: StoredAnswer): void {
  res.status(status).set(headers);
  if (content === null || mediaType === null) res.end();
  else res.type(mediaType).send(content);
}

function readBody(
  spec: AnyEndpoint,
  req: Request,
): Pick<Call<unknown, unknown>, 'body' | 'bytes'> | { problem: Problem } {
  if (spec.rawBody) return readRawBody(spec.rawBody, req);
  if (!spec.body) return { body: undefined };
  const bytes = bytesOf(req);
  if (bytes.length === 0) {
    if (spec.bodyOptional) return { body: spec.body.parse({}) };
    return { problem: problem(400, 'body-missing', 'The request needs a JSON body.') };
  }
  if (!req.is(['application/json', '+json']))
    return { problem: problem(415, 'unsupported-media-type', 'Content-Type must be application/json.') };
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { problem: problem(400, 'malformed-json', 'The body is not valid JSON.') };
  }
  const parsed = spec.body.safeParse(json);
  return parsed.success ? { body: parsed.data } : { problem: invalid(parsed.error, 'body') };
}

function readRawBody(
  mediaTypes: readonly string[],
  req: Request,
): { body: undefined; bytes: Buffer } | { problem: Problem } {
  const bytes = bytesOf(req);
  // Without a body there is no media type to look at. Of other images, the endpoint says why it takes none.
  if (bytes.length === 0 || req.is([...mediaTypes, 'image/*'])) return { body: undefined, bytes };
  const wanted = mediaTypes.join(', ');
  return {
    problem: problem(415, 'unsupported-media-type', `Content-Type must be one of these: ${wanted}.`),
  };
}

const bytesOf = (req: Request): Buffer => (Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0));
const idOf = (req: Request): string => String(req.params['id'] ?? '');
const paramsOf = (req: Request): Record<string, string> =>
  Object.fromEntries(Object.entries(req.params).map(([name, value]) => [name, String(value)]));

function readQuery(spec: Endpoint, req: Request): { query: unknown } | { problem: Problem } {
  const parsed = (spec.query ?? z.object({})).safeParse(req.query);
  return parsed.success ? { query: parsed.data } : { problem: invalid(parsed.error, 'query') };
}

/** An endpoint, and the GET of the same path: of one object, which has an ETag. */
interface Mounted {
  spec: AnyEndpoint;
  getter: AnyEndpoint | undefined;
}

/** Runs the endpoint, if the request has no If-Match or the object is still the one that it names. */
function handle(
  deps: ApiDeps,
  { spec, getter }: Mounted,
  ifMatch: string | undefined,
  call: Omit<Call<unknown, unknown>, 'deps'>,
): Promise<Answer | Problem> {
  const isChange = spec.method === 'patch' || spec.method === 'delete';
  if (ifMatch === undefined || !isChange || !getter) return spec.handle({ ...call, deps });
  return changeIfMatch(deps, {
    ifMatch,
    volatile: getter.volatile,
    read: (inside) => getter.handle({ ...call, query: {}, body: undefined, deps: inside }),
    change: (inside) => spec.handle({ ...call, deps: inside }),
  });
}

/** The answer with the object's tag, or 304 if the client has the object already. */
function withTag(answer: Answer | Problem, { spec, getter }: Mounted, req: Request): Answer | Problem {
  if (!getter || isProblem(answer) || answer.status !== 200 || answer.body === undefined) return answer;
  if (spec.method !== 'get' && spec.method !== 'patch') return answer;
  const tag = tagOf(answer.body, getter.volatile);
  const headers = { ...answer.headers, ETag: tag };
  // Express does this too, but not for `fetch`, which adds a Cache-Control to such a request.
  const named = spec.method === 'get' ? req.get('if-none-match') : undefined;
  return named !== undefined && namesSame(named, tag) ? { status: 304, headers } : { ...answer, headers };
}

async function answerOf(
  deps: ApiDeps,
  mounted: Mounted,
  req: Request,
  { actor, received }: { actor: KeyActor; received: Received | undefined },
): Promise<Answer | Problem> {
  const { spec } = mounted;
  const query = readQuery(spec, req);
  if ('problem' in query) return query.problem;
  const body = readBody(spec, req);
  if ('problem' in body) return body.problem;
  const id = idOf(req);
  const call = {
    id,
    params: paramsOf(req),
    query: query.query,
    ...body,
    actor,
    newsletterIds: actor.newsletterIds,
    ...(received && { received }),
  };
  const closed =
    spec.asked &&
    (await refuseByRequest(deps, actor.newsletterIds, { path: spec.path, asked: spec.asked(call) }));
  if (closed) return closed;
  const answer = await handle(deps, mounted, req.get('if-match'), call);
  if (spec.audit !== undefined && !isProblem(answer) && !answer.unchanged)
    await recordAudit(deps, {
      actor,
      action: spec.audit,
      subject: answer.subject ?? (id === '' ? undefined : `${spec.audit.split('.')[0]}:${id}`),
      detail: answer.auditDetail,
    });
  return withTag(answer, mounted, req);
}

/** Runs a POST with an Idempotency-Key once. A repeated request gets the first answer. */
async function answerOnce(
  deps: ApiDeps,
  request: IdempotentRequest,
  run: () => Promise<Answer | Problem>,
): Promise<{ answer: StoredAnswer; replayed: boolean; ours: boolean }> {
  const claimed = await claim(deps, request);
  if ('problem' in claimed) return { answer: toStored(claimed.problem), replayed: false, ours: false };
  if ('replay' in claimed) return { answer: claimed.replay, replayed: true, ours: false };
  let answer: StoredAnswer | undefined;
  try {
    answer = toStored(await run());
    return { answer, replayed: false, ours: true };
  } catch (error) {
    const expected = expectedProblem(error);
    if (expected !== undefined && expected.status < 500) answer = toStored(expected);
    throw error;
  } finally {
    // If storing fails, the request still succeeds: the claim expires by itself.
    await settle(deps, request, answer).catch((error: unknown) => {
      deps.log.warn({ err: error }, 'api: an idempotent answer could not be stored');
    });
  }
}

/** Runs the endpoint and sends its answer. */
async function respond(
  deps: ApiDeps,
  mounted: Mounted,
  { req, res }: { req: Request; res: Response },
  { actor, received, hash }: { actor: KeyActor; received: Received | undefined; hash: Hash },
): Promise<void> {
  const { spec } = mounted;
  const idempotencyKey = spec.method === 'post' ? req.get('idempotency-key') : undefined;
  if (idempotencyKey === undefined) {
    const said = await answerOf(deps, mounted, req, { actor, received });
    if (isProblem(said) || !said.text) return sendStored(res, toStored(said));
    const { mediaType, content } = said.text;
    return void res
      .status(said.status)
      .set(said.headers ?? {})
      .type(mediaType)
      .send(content);
  }
  if (!received) hash.update(bytesOf(req));
  const request = { apiKeyId: actor.id, idempotencyKey, hash: hash.digest() };
  const once = await answerOnce(deps, request, () => answerOf(deps, mounted, req, { actor, received }));
  if (received && !once.ours) await spec.streamedBody?.discard(deps, received.import);
  if (once.replayed) res.set('Idempotent-Replayed', 'true');
  sendStored(res, once.answer);
}

const jsonHandler =
  (deps: ApiDeps, mounted: Mounted): RequestHandler =>
  async (req, res) => {
    const { spec } = mounted;
    const hash = requestHash({ method: req.method, url: req.originalUrl });
    // Check the query first: it may be invalid, and the body may be long.
    const received = spec.streamedBody && (await receive(deps, spec, req, hash));
    if (received && 'code' in received) {
      // Close the connection instead of reading the rest of the body.
      if (!req.readableEnded) res.set('Connection', 'close');
      return sendStored(res, toStored(received));
    }
    await respond(deps, mounted, { req, res }, { actor: keyOf(res), received, hash });
  };

/** Checks the query first: it may be invalid, and the body may be long. */
async function receive(
  deps: ApiDeps,
  spec: AnyEndpoint,
  req: Request,
  hash: Hash,
): Promise<Received | Problem> {
  const query = readQuery(spec, req);
  return 'problem' in query ? query.problem : receiveBody(deps, spec, req, hash);
}

const streamHandler =
  (deps: ApiDeps, spec: StreamEndpoint): RequestHandler =>
  async (req, res) => {
    const call = {
      deps,
      id: idOf(req),
      params: paramsOf(req),
      query: undefined,
      body: undefined,
      actor: keyOf(res),
      newsletterIds: keyOf(res).newsletterIds,
    };
    const answer = await spec.stream(call, req, res);
    if (answer) sendProblem(res, answer);
  };

/** The handlers that run after `admitKeys`. An endpoint with a streamed body reads it itself. */
function handlersOf(deps: ApiDeps, spec: Endpoint, getter: AnyEndpoint | undefined): RequestHandler[] {
  if ('stream' in spec) return [streamHandler(deps, spec)];
  const raw = spec.streamedBody ? [] : [express.raw({ type: () => true, limit: bodyLimit })];
  return [...raw, jsonHandler(deps, { spec, getter })];
}

/** Mounts the endpoints on a router; unknown methods answer 405. */
export function mount(router: Router, endpoints: readonly Endpoint[], deps: ApiDeps): void {
  const admit = admitKeys(deps);
  const methods = new Map<string, string[]>();
  for (const spec of endpoints) {
    methods.set(spec.path, [...(methods.get(spec.path) ?? []), spec.method.toUpperCase()]);
    const getter = getterOf(endpoints, spec.path);
    router[spec.method](spec.path, admit(spec), ...handlersOf(deps, spec, getter));
  }
  for (const [path, allowed] of methods)
    router.all(path, (_req, res) => {
      res.set('Allow', allowed.join(', '));
      sendProblem(res, problem(405, 'method-not-allowed', `This path allows only ${allowed.join(', ')}.`));
    });
  router.use((_req, res) => sendProblem(res, problem(404, 'not-found', 'There is nothing at this path.')));
}
