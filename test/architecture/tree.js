// The files that the rules read, each parsed once.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from '@swc/core';

/** The TypeScript files below these folders, sorted, each as {file, source, body}. Folders that are missing are empty. */
export function sourcesBelow(...folders) {
  return filesBelow(...folders)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const source = readFileSync(file, 'utf8');
      return { file, source, body: parseSync(source, { syntax: 'typescript', target: 'es2022' }).body };
    });
}

/** The files below these folders, relative to the working directory, sorted. */
export function filesBelow(...folders) {
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.posix.join(entry.parentPath, entry.name)),
    )
    .toSorted((one, other) => one.localeCompare(other));
}

/** Every node of a syntax tree. */
export function* nodesBelow(node) {
  if (Array.isArray(node)) for (const child of node) yield* nodesBelow(child);
  else if (node !== null && typeof node === 'object') {
    if (typeof node.type === 'string') yield node;
    for (const [key, child] of Object.entries(node)) if (key !== 'span') yield* nodesBelow(child);
  }
}

/** The text of a string or template literal, `${…}` for each computed part; '' for other nodes. */
export function textOf(node) {
  if (node.type === 'StringLiteral') return node.value;
  if (node.type === 'TemplateLiteral') return node.quasis.map(({ cooked }) => cooked ?? '').join('${…}');
  return '';
}

/** Modules that a file imports or re-exports from at run time. `import type` is erased by then. */
export function valueImports(body) {
  return body
    .filter(
      (node) =>
        /^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type) && node.source && !node.typeOnly,
    )
    .map((node) => node.source.value);
}
