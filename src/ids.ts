// Ids are PostgreSQL's bigint identities, as text: JavaScript's numbers would lose digits. Pure.

const largest = '9223372036854775807';

/** Whether `text` can be an id, 1 to 9223372036854775807. PostgreSQL fails a statement for any other text. */
export function isId(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text) && (text.length < largest.length || text <= largest);
}
