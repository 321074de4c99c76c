// Files that decide and do nothing else: a test imports them without starting anything. Such a file says "Pure." in
// its opening comment.
import path from 'node:path';
import { valueImports } from './tree.js';

/** Packages that compute and have no effect. */
const purePackages = new Set([
  'node:buffer',
  'node:crypto',
  'node:net',
  'node:url',
  'ipaddr.js',
  'lru-cache', // keeps what was computed
  'temporal-polyfill',
  'zod',
]);

export const rules = [
  {
    sentence: 'A pure file imports types, packages without effects and other pure files only.',
    *broken({ sources }) {
      const pure = new Map(sources.filter(saysPure).map(({ file, body }) => [file, body]));
      for (const [file, body] of pure)
        for (const specifier of valueImports(body))
          if (!purePackages.has(specifier) && !pure.has(targetOf(file, specifier)))
            yield `${file} → ${specifier}`;
    },
  },
];

const saysPure = ({ source }) => /^(\/\/.*\n)*\/\/.*\bPure\.(\s|$)/.test(source);

function targetOf(file, specifier) {
  if (!specifier.startsWith('.')) return undefined;
  return path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}
