// A worker connects a queue to use cases. run.ts starts the process and is the exception.
import { valueImports } from './tree.js';

const longestWorker = 40;

export const rules = [
  {
    sentence: `A worker makes no decisions, and has ${longestWorker} lines at most.`,
    *broken(tree) {
      for (const { file, source } of workersOf(tree)) {
        const lines = source.trimEnd().split('\n').length;
        if (lines > longestWorker) yield `${file}: ${lines} lines`;
      }
    },
  },
  {
    sentence: 'Workers hold no SQL: of src/db.ts they import types at most.',
    *broken(tree) {
      for (const { file, body } of workersOf(tree))
        if (valueImports(body).includes('../src/db.js')) yield file;
    },
  },
];

const workersOf = ({ sources }) =>
  sources.filter(({ file }) => file.startsWith('workers/') && file !== 'workers/run.ts');
