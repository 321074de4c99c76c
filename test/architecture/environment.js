// Configuration is read in one place.
import { nodesBelow } from './tree.js';

export const rules = [
  {
    sentence: 'Only src/config/environment.ts reads process.env.',
    *broken({ sources }) {
      for (const { file, body } of sources)
        if (file !== 'src/config/environment.ts')
          for (const node of nodesBelow(body)) if (isEnvironment(node)) yield file;
    },
  },
];

/** process.env, process['env'], `const { env } = process`, `import { env } from 'node:process'`. */
function isEnvironment(node) {
  if (node.type === 'MemberExpression') return node.object.value === 'process' && isNamedEnv(node.property);
  if (node.type === 'VariableDeclarator')
    return node.init?.value === 'process' && node.id.properties?.some(({ key }) => isNamedEnv(key));
  if (node.type === 'ImportDeclaration')
    return (
      /^(node:)?process$/.test(node.source.value) &&
      node.specifiers.some(({ local, imported }) => isNamedEnv(imported ?? local))
    );
  return false;
}

/** The key of a member or a pattern: env, ['env']. */
function isNamedEnv(key) {
  return (key?.value ?? key?.expression?.value) === 'env';
}
