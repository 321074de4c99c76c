// What a statement writes, read from its text.
import { readFileSync } from 'node:fs';

const name = String.raw`((?:\w+\.)?\w+|\$\{…\}|"[^"]*")`;
const writes = [
  String.raw`\binsert\s+into\s+${name}`,
  String.raw`\bupdate\s+(?:only\s+)?${name}(?:\s+(?:as\s+)?\w+)?\s+set\b`,
  String.raw`\bdelete\s+from\s+(?:only\s+)?${name}`,
  String.raw`\bmerge\s+into\s+(?:only\s+)?${name}`,
  String.raw`\btruncate\s+(?:table\s+)?(?:only\s+)?${name}`,
  String.raw`\bcopy\s+${name}\s*(?:\([^)]*\)\s*)?from\b`,
].map((pattern) => new RegExp(pattern, 'gi'));
const begins =
  /^\s*(select\s|insert into\s|update \w+\s+set\s|delete from\s|with \w+ as \(|truncate\s|lock table\s)/i;

/** The tables that a text of SQL writes, each once; '${…}' where the code computes the name. */
export function tablesWritten(text) {
  const sql = text.replaceAll(/--.*$/gm, '');
  const found = writes.flatMap((pattern) => [...sql.matchAll(pattern)].map(([, table]) => table));
  // A literal that ends before the table's name is continued by an expression.
  if (/\b(insert\s+into|delete\s+from|merge\s+into)\s*$/i.test(sql)) found.push('${…}');
  return [...new Set(found)];
}

/** A text that begins as a statement does, other than the one that asks whether the database answers. */
export function isStatement(text) {
  return !/^select 1( as \w+)?$/.test(text) && begins.test(text);
}

/** The text of all migrations of a tree, without comments. */
export const schemaOf = ({ files }) =>
  files
    .filter((file) => /^src\/migrations\/.*\.sql$/.test(file))
    .map((file) => readFileSync(file, 'utf8').replaceAll(/--.*$/gm, ''))
    .join('\n');

/** The tables of the migrations, in their order. */
export function tablesOf(schema) {
  const tables = new Set();
  for (const [, created, dropped] of schema.matchAll(
    /^\s*create\s+(?:unlogged\s+)?table\s+(?:if not exists\s+)?(\w+)|^\s*drop\s+table\s+(?:if exists\s+)?(\w+)/gim,
  )) {
    if (created) tables.add(created);
    else tables.delete(dropped);
  }
  return [...tables];
}

/** The triggers of the migrations that write a table: {trigger, on, writes}. */
export function triggersOf(schema) {
  const bodies = new Map(
    [...schema.matchAll(/create\s+(?:or\s+replace\s+)?function\s+(\w+)[^$;]*\$\$([\s\S]*?)\$\$/gi)].map(
      ([, fn, body]) => [fn, body],
    ),
  );
  return [
    ...schema.matchAll(/create\s+trigger\s+(\w+)[^;]*?\son\s+(\w+)[^;]*execute\s+function\s+(\w+)/gi),
  ].map(([, trigger, on, fn]) => ({ trigger, on, writes: tablesWritten(bodies.get(fn) ?? '') }));
}
