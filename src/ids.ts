// Ids are PostgreSQL's bigint identities, as text: JavaScript's numbers would lose digits. Pure.

const largest = '9223372036854775807';

/** The spelling of an id, for the documents of interfaces; isId also knows the largest. */
export const idPattern = /^[1-9][0-9]{0,18}$/;

/** Whether `text` can be an id, 1 to 9223372036854775807. PostgreSQL fails a statement for any other text. */
export function isId(text: string): boolean {
  return idPattern.test(text) && (text.length < largest.length || text <= largest);
}
