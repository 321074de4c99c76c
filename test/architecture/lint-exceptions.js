// The exceptions of the linter.
import { readFileSync } from 'node:fs';
import { filesBelow } from './tree.js';

export const rules = [
  {
    sentence: 'Every override in .oxlintrc.json names files that exist.',
    *broken() {
      const files = filesBelow('src', 'workers', 'test', 'bench');
      for (const { files: patterns } of JSON.parse(readFileSync('.oxlintrc.json', 'utf8')).overrides)
        for (const pattern of patterns) {
          const folder = /^(.*\/)\*\*$/.exec(pattern)?.[1];
          const isUsed = files.some((file) => (folder ? file.startsWith(folder) : file === pattern));
          if (!isUsed) yield `${pattern} matches no file`;
        }
    },
  },
];
