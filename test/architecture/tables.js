// Every table has one owner, the folder that writes it: an invariant of a table is then checked by reading one folder.
// tables.json names the owners and, with reasons, the few other writers.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isStatement, schemaOf, tablesOf, tablesWritten, triggersOf } from './sql.js';
import { nodesBelow, textOf } from './tree.js';

const list = 'test/architecture/tables.json';
/** Files outside the features that hold SQL. */
const holdsSql = /\/(store(-[^/]+)?|db|migrate)\.ts$|^src\/embedded\//;
/** Tables of the machinery itself: migrate.ts writes its record of applied migrations. */
const ownTables = new Map([['migrations', 'src/migrate.ts']]);

export const rules = [
  {
    sentence: 'SQL stands in the store of its folder.',
    *broken({ sources }) {
      const { statements } = read();
      for (const { file, body } of sources)
        if (!holdsSql.test(file) && !statements.includes(file))
          for (const text of textsOf(body))
            if (isStatement(text)) yield `${file}: ${text.trim().slice(0, 60)}`;
    },
  },
  {
    // A store is private to its folder. What other features run within their own transactions stands in these files.
    sentence: `Every file of "statements" in ${list} holds SQL.`,
    *broken({ sources }) {
      for (const listed of read().statements) {
        const body = sources.find(({ file }) => file === listed)?.body ?? [];
        if (![...textsOf(body)].some(isStatement)) yield listed;
      }
    },
  },
  {
    sentence: `Every table of the migrations has an owner in ${list}.`,
    *broken(tree) {
      const { owners } = read();
      for (const table of tablesOf(schemaOf(tree))) if (owners[table] === undefined) yield table;
    },
  },
  {
    sentence: `Every owner in ${list} is a folder of src, and owns a table of the migrations.`,
    *broken(tree) {
      const tables = new Set(tablesOf(schemaOf(tree)));
      for (const [table, owner] of Object.entries(read().owners))
        if (!tables.has(table)) yield `${table} does not exist`;
        else if (!tree.sources.some(({ file }) => isIn(owner, file))) yield `src/${owner} does not exist`;
    },
  },
  {
    sentence: 'Every table is written by some statement.',
    *broken(tree) {
      const written = new Set(writesOf(tree).map(({ table }) => table));
      for (const table of tablesOf(schemaOf(tree))) if (!written.has(table)) yield table;
    },
  },
  {
    sentence: 'The code writes only tables of the migrations.',
    *broken(tree) {
      const tables = new Set(tablesOf(schemaOf(tree)));
      for (const { table, file } of writesOf(tree))
        if (!tables.has(table) && table !== computed && ownTables.get(table) !== file)
          yield `${file} writes ${table}`;
    },
  },
  {
    sentence: 'A table is written by the folder that owns it, and by no other.',
    *broken(tree) {
      const { owners } = read();
      for (const { table, file, folder } of writesOf(tree))
        if (owners[table] !== undefined && owners[table] !== folder && !isExcepted(table, file))
          yield `${file} writes ${table}, which ${owners[table]} owns`;
    },
  },
  {
    sentence: `A statement names the table that it writes, unless ${list} lists the file under "computed".`,
    *broken(tree) {
      for (const { table, file } of writesOf(tree))
        if (table === computed && !isExcepted(computed, file)) yield file;
    },
  },
  {
    sentence: `Every exception in ${list} has a reason and is used.`,
    *broken(tree) {
      const { owners } = read();
      const outside = writesOf(tree).filter(({ table, folder }) => owners[table] !== folder);
      for (const { table, file, because } of read().writers)
        if (!because) yield `${table}, ${file}: no reason`;
        else if (!outside.some((write) => write.table === table && write.file === file))
          yield `${file} does not write ${table}`;
    },
  },
];

const computed = '${…}';

const read = () => JSON.parse(readFileSync(list, 'utf8'));

const isExcepted = (table, file) =>
  read().writers.some((exception) => exception.table === table && exception.file === file);

const isIn = (owner, file) => file.startsWith(`src/${owner}/`);

/** Each text of a file, once. */
function textsOf(body) {
  return new Set([...nodesBelow(body)].map(textOf).filter((text) => text !== ''));
}

const known = new WeakMap();

/** The writes of a tree, found once. */
function writesOf(tree) {
  if (!known.has(tree)) known.set(tree, [...findWrites(tree)]);
  return known.get(tree);
}

/** Each write of a table: by a file's statement, or by a trigger, which belongs to the owner of its table. */
function* findWrites(tree) {
  const { owners } = read();
  for (const { file, body } of tree.sources) {
    const folder = path.posix.dirname(file).replace(/^src\//, '');
    const tables = new Set([...textsOf(body)].flatMap(tablesWritten));
    for (const table of tables) yield { table, file, folder };
  }
  for (const { trigger, on, writes } of triggersOf(schemaOf(tree)))
    for (const table of writes) yield { table, file: `trigger ${trigger}`, folder: owners[on] };
}
