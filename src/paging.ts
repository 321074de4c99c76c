// Cursor paging: {data, nextCursor}. A cursor is opaque to clients; it is the id of the last row they have.

export interface Page<Item> {
  data: Item[];
  nextCursor: string | null;
}

export const maxLimit = 200;
export const defaultLimit = 50;

/** A page of at most `limit` from rows that were read with `limit + 1`. */
export function pageOf<Item extends { id: string }>(rows: readonly Item[], limit: number): Page<Item> {
  const data = rows.slice(0, limit);
  return { data, nextCursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null };
}
