// Conditional requests: a client sends the ETag that it read, and its change is refused if the object has
// changed since (RFC 9110 section 13.1.1).
import { createHash } from 'node:crypto';
import { withSavepoints } from '../db.js';
import { errorCode } from '../error-code.js';
import { problem, type Problem } from '../problem.js';
import type { ApiDeps } from './deps.js';
import type { Answer } from './endpoint.js';

/** A strong validator (RFC 9110 section 8.8.1) of an object as the API shows it. */
export function tagOf(body: unknown, volatile: readonly string[] = []): string {
  const stable = Object.fromEntries(
    Object.entries(body as object).filter(([name]) => !volatile.includes(name)),
  );
  return `"${createHash('sha256').update(JSON.stringify(stable)).digest('base64url').slice(0, 27)}"`;
}

/** Whether If-Match names this tag. Weak tags never match (RFC 9110 section 8.8.3.2). */
export function namesTag(ifMatch: string, tag: string): boolean {
  return ifMatch.trim() === '*' || [...ifMatch.matchAll(/(?:W\/)?"[^"]*"/g)].some(([one]) => one === tag);
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
