// A test moves the clock that the code takes, and lets the product write the rows. A row whose time a test has moved
// is in a state that the product may never write. times.json names the files that may, with reasons.
import { readFileSync } from 'node:fs';
import { schemaOf } from './sql.js';
import { nodesBelow, sourcesBelow, textOf } from './tree.js';

const list = 'test/architecture/times.json';

export const rules = [
  {
    sentence: `A test moves the clock, not the time in a row, unless ${list} names its file.`,
    *broken(tree) {
      const excepted = read();
      for (const { file, text } of movesOf(tree))
        if (!Object.hasOwn(excepted, file)) yield `${file}: ${text.trim().slice(0, 80)}`;
    },
  },
  {
    sentence: `Every file of ${list} has a reason and moves the time in a row.`,
    *broken(tree) {
      const files = new Set(movesOf(tree).map(({ file }) => file));
      for (const [file, because] of Object.entries(read()))
        if (!because) yield `${file}: no reason`;
        else if (!files.has(file)) yield `${file} moves no time`;
    },
  },
];

const read = () => JSON.parse(readFileSync(list, 'utf8'));

const known = new WeakMap();

/** The texts of a tree's tests that move a time, found once. */
function movesOf(tree) {
  if (!known.has(tree)) known.set(tree, [...findMoves(timeColumns(schemaOf(tree)))]);
  return known.get(tree);
}

function* findMoves(columns) {
  const assigned = new RegExp(String.raw`\b(?:${columns.join('|')})\s*=\s*(?<value>[^,]+)`, 'gi');
  for (const { file, body } of sourcesBelow('test'))
    for (const text of new Set([...nodesBelow(body)].map(textOf)))
      if (movesTime(text, assigned)) yield { file, text };
}

/** The columns that hold a time or a day. */
const timeColumns = (schema) => [
  ...new Set([...schema.matchAll(/^\s+(\w+)\s+(?:timestamptz|date)\b/gim)].map(([, column]) => column)),
];

/** An assignment may also stand in a text by itself, which a helper puts into a statement. */
const assignments =
  /(?:\bupdate\b[^;]*?\bset\b|^)(?<list>\s*\w+\s*=[^=][^;]*?)(?=\bwhere\b|\breturning\b|\bfrom\b|$)/gi;

const present = /^(null|now\(\)|case\s+when\b.*\bthen\s+now\(\)\s+end)[\s)]*$/is;
const subquery = /\(\s*select\b[^()]*(?:\([^()]*\)[^()]*)*\)/gi;

/**
 * Whether a text of SQL sets a time to anything but null or the present, or inserts a time before the present. It
 * cannot see the times among an insert's parameters.
 */
function movesTime(text, assigned) {
  const sql = text.replaceAll(/--.*$/gm, '').replaceAll(subquery, '(…)');
  if (/\binsert\s+into\b/i.test(sql) && /\bnow\(\)\s*-[^,;]*\binterval\b/i.test(sql)) return true;
  return [...sql.matchAll(assignments)].some(({ groups }) =>
    [...groups.list.matchAll(assigned)].some(({ groups: { value } }) => !present.test(value)),
  );
}
