// The codes of errors. Pure.

/** The `code` of an error of Node.js, zlib or PostgreSQL (its SQLSTATE). '' if it has none. */
export function errorCode(error: unknown): string {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
