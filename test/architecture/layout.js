// Where files stand, how they are named, and that they are imported by that name.
import path from 'node:path';

export const mostFilesInFolder = 35;
const vague = /\/(utils?|lib|helpers?|types|services?|common|shared|misc)(\/|\.ts$)/;

export const rules = [
  {
    sentence: 'A folder of src is a feature or an assembly of features, named in .dependency-cruiser.cjs.',
    *broken({ sources, folders }) {
      for (const { file } of sources) {
        const folder = /^src\/([^/]+)\//.exec(file)?.[1];
        if (folder !== undefined && !folders.includes(folder)) yield file;
      }
    },
  },
  {
    sentence: 'A folder named in .dependency-cruiser.cjs exists.',
    *broken({ files, folders }) {
      for (const folder of folders)
        if (!files.some((file) => file.startsWith(`src/${folder}/`))) yield `src/${folder}`;
    },
  },
  {
    sentence: 'Names say what is inside: no utils, lib, helpers, types, services or common.',
    *broken({ sources, bench }) {
      for (const { file } of [...sources, ...bench]) if (vague.test(file)) yield file;
    },
  },
  {
    sentence: 'No barrels: a file is imported by its own name.',
    *broken({ sources, bench }) {
      for (const { file, body } of [...sources, ...bench]) {
        if (path.basename(file) === 'index.ts') yield file;
        for (const node of body) {
          if (node.type === 'ExportAllDeclaration') yield `${file} exports * from another`;
          // Stores are private to their folder: a use case may export the type of a row that it returns.
          const isRowType = node.typeOnly && /^\.\/store(-[^/]+)?\.js$/.test(node.source?.value ?? '');
          if (node.type === 'ExportNamedDeclaration' && node.source && !isRowType)
            yield `${file} exports names of ${node.source.value}`;
        }
      }
    },
  },
  {
    sentence: `A folder holds at most ${mostFilesInFolder} files.`,
    *broken({ files }) {
      const counts = new Map();
      for (const file of files) {
        const folder = path.posix.dirname(file);
        counts.set(folder, (counts.get(folder) ?? 0) + 1);
      }
      for (const [folder, count] of counts) if (count > mostFilesInFolder) yield `${folder}: ${count} files`;
    },
  },
];
