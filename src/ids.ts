// Ids are PostgreSQL's bigint identities, as text: JavaScript's numbers would lose digits. Pure.

// The largest 64-bit integer by its digits: each alternative keeps the digits before it and has a smaller one there.
const largest = '9223372036854775807';
const smallerWith19Digits = Array.from(largest).flatMap((digit, place) => {
  const lowest = place === 0 ? 1 : 0;
  if (Number(digit) === lowest) return [];
  const rest = largest.length - place - 1;
  return [`${largest.slice(0, place)}[${lowest}-${Number(digit) - 1}]${rest > 0 ? `[0-9]{${rest}}` : ''}`];
});

/** The spelling of an id: a number from 1 to 9223372036854775807, without leading zeros. */
export const idPattern = new RegExp(`^(?:[1-9][0-9]{0,17}|${smallerWith19Digits.join('|')}|${largest})$`);

/** Whether `text` can be an id. PostgreSQL fails a statement for any other text. */
export function isId(text: string): boolean {
  return idPattern.test(text);
}
