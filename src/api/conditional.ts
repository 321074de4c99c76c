// Conditional requests: a client sends the ETag that it read, and its change is refused if the object has
// changed since (RFC 9110 section 13.1.1).
import { createHash } from 'node:crypto';
import { withSavepoints } from '../db.js';
import { errorCode } from '../error-code.js';
import { problem, type Problem } from '../problem.js';
import type { ApiDeps } from './deps.js';
import type { Answer } from './endpoint.js';

/** Characters of a hash in a tag. */
const length = 27;

const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, length);

/**
 * A strong validator (RFC 9110 section 8.8.1) of an object as the API shows it. The fields `volatile` change by
 * themselves, and a client that changes others does not mind. So they have a hash of their own, behind the first:
 * GET answers 304 only if both are the same, and If-Match looks at the first.
 */
export function tagOf(body: unknown, volatile: readonly string[] = []): string {
  const fields = Object.entries(body as object);
  const stable = fields.filter(([name]) => !volatile.includes(name));
  const others = fields.filter(([name]) => volatile.includes(name));
  return `"${hashOf(Object.fromEntries(stable))}${others.length === 0 ? '' : hashOf(others)}"`;
}

/** The tag up to its first hash. */
const stableOf = (tag: string): string => tag.slice(0, 1 + length);

/** Whether If-Match names this tag. Weak tags never match (RFC 9110 section 8.8.3.2). */
export function namesTag(ifMatch: string, tag: string): boolean {
  if (ifMatch.trim() === '*') return true;
  return [...ifMatch.matchAll(/(?:W\/)?"[^"]*"/g)].some(([one]) => stableOf(one) === stableOf(tag));
}

/**
 * Whether If-None-Match names this tag, so that GET is answered with 304 (RFC 9110 section 13.1.2). A weak tag counts:
 * proxies that compress make tags weak.
 */
export function namesSame(ifNoneMatch: string, tag: string): boolean {
  return ifNoneMatch.trim() === '*' || [...ifNoneMatch.matchAll(/"[^"]*"/g)].some(([one]) => one === tag);
}

const changedMeanwhile = problem(
  412,
  'precondition-failed',
  'If-Match does not name the current ETag: read the object again.',
);

const isProblem = (value: Answer | Problem): value is Problem => 'code' in value;

/** PostgreSQL's code for a row that another transaction has changed since this one began. */
const serializationFailure = '40001';
const tries = 3;

/**
 * Runs `change` if `read` returns an object whose tag If-Match names. Both see one snapshot of the database,
 * and a row that somebody else changes after it fails the change, which then starts again.
 */
export async function changeIfMatch(
  deps: ApiDeps,
  {
    ifMatch,
    volatile,
    read,
    change,
  }: {
    ifMatch: string;
    volatile: readonly string[] | undefined;
    read: (deps: ApiDeps) => Promise<Answer | Problem>;
    change: (deps: ApiDeps) => Promise<Answer | Problem>;
  },
): Promise<Answer | Problem> {
  for (let attempt = 1; attempt <= tries; attempt += 1)
    try {
      return await deps.db.transaction(async (tx) => {
        await tx.query('set transaction isolation level repeatable read');
        const inside = { ...deps, db: { ...deps.db, ...withSavepoints(tx) } };
        const current = await read(inside);
        if (isProblem(current)) return current;
        return namesTag(ifMatch, tagOf(current.body, volatile)) ? change(inside) : changedMeanwhile;
      });
    } catch (error) {
      if (errorCode(error) !== serializationFailure) throw error;
    }
  return changedMeanwhile;
}
