// Errors as RFC 9457 problem details. Programs may rely on `code`; the texts may change.
import type { ErrorRequestHandler, Request, Response } from 'express';
import { ZodError } from 'zod';
import { isUnstorableText, mayPass } from './db.js';
import type { Message } from './languages/messages.js';
import { inEnglish, type Translator } from './languages/translate.js';
import type { Log } from './log.js';

export interface Problem {
  status: number;
  /** Stable, in kebab-case. */
  code: string;
  /** A sentence for the client's developer, without secrets. */
  detail: string;
  /** The same for readers, in their language. */
  said?: Message;
  /** The refused values: a path such as 'schedule.sendTime', and the reason. */
  errors?: { path: string; message: string }[];
  /** Seconds, for Retry-After. */
  retryAfter?: number;
}

const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Unprocessable',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

export function problem(
  status: number,
  code: string,
  detail: string,
  extra: Pick<Problem, 'errors' | 'retryAfter'> = {},
): Problem {
  return { status, code, detail, ...extra };
}

/** A problem that readers may see too. `field` names the input with the problem. */
export function readerProblem(
  status: number,
  code: string,
  said: Message,
  { field, ...extra }: Pick<Problem, 'retryAfter'> & { field?: string } = {},
): Problem {
  const detail = inEnglish(said);
  const errors = field === undefined ? {} : { errors: [{ path: field, message: detail }] };
  return { status, code, detail, said, ...errors, ...extra };
}

/** The problem, translated. */
export function translated(answer: Problem, { say }: Pick<Translator, 'say'>): Problem {
  const { said, detail, errors } = answer;
  if (said === undefined) return answer;
  const words = say(said);
  const told = errors?.map(({ path, message }) => ({ path, message: message === detail ? words : message }));
  return { ...answer, detail: words, ...(told && { errors: told }) };
}

/** The body of application/problem+json. */
export function problemBody({ status, code, detail, errors }: Problem): object {
  return {
    type: 'about:blank',
    title: titles[status] ?? 'Error',
    status,
    code,
    detail,
    ...(errors && { errors }),
  };
}

export function sendProblem(res: Response, answer: Problem): void {
  if (answer.retryAfter !== undefined)
    res.set('Retry-After', String(Math.max(1, Math.ceil(answer.retryAfter))));
  res
    .status(answer.status)
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(answer)));
}

type Issue = ZodError['issues'][number];

/**
 * The issues of the union's alternative that the client probably meant: the first one that refused only a
 * part.
 */
function intended(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const nearest =
    issue.errors.find((issues) => issues.some(({ path }) => path.length > 0)) ?? issue.errors[0];
  return (nearest ?? []).flatMap((part) => intended({ ...part, path: [...issue.path, ...part.path] }));
}

/** zod's objections, by field. `at` names the input: the body or the query. */
export function invalid(error: ZodError, at: 'body' | 'query' = 'body'): Problem {
  const errors = error.issues.flatMap(intended).flatMap((issue) => {
    const path = issue.path.map(String);
    const wrong = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    return wrong.map((parts) => ({
      path: parts.join('.'),
      message: issue.code === 'unrecognized_keys' ? 'is not known' : issue.message,
    }));
  });
  const [first] = errors;
  const field = first === undefined || first.path === '' ? `the ${at}` : `"${first.path}" in the ${at}`;
  return problem(400, 'invalid', `${field}: ${first?.message ?? 'is not valid'}`, { errors });
}

/** The problem for an expected exception; undefined: a bug or an unforeseen error. */
export function expectedProblem(error: unknown): Problem | undefined {
  if (error instanceof ZodError) return invalid(error);
  if (mayPass(error))
    return readerProblem(
      503,
      'database-unavailable',
      { key: 'errors.databaseUnavailable' },
      { retryAfter: 5 },
    );
  if (isUnstorableText(error)) return readerProblem(400, 'unstorable-text', { key: 'errors.unstorableText' });
  // body-parser's errors carry a type.
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  if (type === 'entity.parse.failed')
    return readerProblem(400, 'malformed-json', { key: 'errors.malformedJson' });
  if (type === 'entity.too.large' || type === 'parameters.too.many')
    return readerProblem(413, 'too-large', { key: 'errors.tooLarge' });
  if (type === 'encoding.unsupported' || type === 'charset.unsupported')
    return readerProblem(415, 'unsupported-encoding', { key: 'errors.unsupportedEncoding' });
  if (type === 'request.aborted' || type === 'request.size.invalid' || type === 'stream.encoding.set')
    return readerProblem(400, 'incomplete-body', { key: 'errors.incompleteBody' });
  // Errors of Express and its router, such as a malformed percent escape in the path.
  if (typeof status === 'number' && status >= 400 && status < 500)
    return readerProblem(status, 'bad-request', { key: 'errors.badRequest' });
  return undefined;
}

export const internalError = readerProblem(500, 'internal-error', { key: 'errors.internal' });

/** The last error handler. `render` may answer a browser with a page; other clients get problem+json. */
export function problemHandler(
  log: Log,
  render?: (req: Request, res: Response, answer: Problem) => boolean,
): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const expected = expectedProblem(error);
    if (expected === undefined)
      log.error(
        { err: error, requestId: res.locals['requestId'], route: req.route?.path },
        'http: unexpected error',
      );
    else if (expected.status >= 500)
      log.warn({ err: error, requestId: res.locals['requestId'] }, `http: ${expected.code}`);
    // Half of the answer is sent: only closing the connection tells the client of the error.
    if (res.headersSent) return next(error);
    const answer = expected ?? internalError;
    if (render?.(req, res, answer) !== true) sendProblem(res, answer);
  };
}
