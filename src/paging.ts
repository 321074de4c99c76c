// Cursor paging: {data, nextCursor}. A cursor is opaque to clients; here it is the key of the last row they have.

export interface Page<Item> {
  data: Item[];
  nextCursor: string | null;
}

export const maxLimit = 200;
export const defaultLimit = 50;

/** A page of at most `limit` from rows that were read with `limit + 1`. */
export function pageOf<Item>(
  rows: readonly Item[],
  limit: number,
  keyOf: (item: Item) => string,
): Page<Item> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: rows.length > limit && last !== undefined ? writeCursor(keyOf(last)) : null };
}

export function writeCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** The key in a cursor, or undefined for what is none. */
export function readCursor(cursor: string): string | undefined {
  const key = Buffer.from(cursor, 'base64url').toString();
  return writeCursor(key) === cursor ? key : undefined;
}
