import type { Request } from 'express';

/** The trimmed text of one field of a form. Empty: the form has no such field. */
export function formField({ body }: Pick<Request, 'body'>, name: string): string {
  const value: unknown = (body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value.trim() : '';
}

/** The trimmed text of one name of the query. Empty: the query lacks it, or has it twice. */
export function queryField({ query }: Pick<Request, 'query'>, name: string): string {
  const value = query[name];
  return typeof value === 'string' ? value.trim() : '';
}
