// One exported name has one meaning in the whole tree.
export const rules = [
  {
    sentence: 'An exported name has one meaning: no two files export the same name.',
    *broken({ sources, bench }) {
      const places = new Map();
      for (const { file, body } of [...sources, ...bench])
        for (const name of exportedNames(body)) places.set(name, [...(places.get(name) ?? []), file]);
      for (const [name, files] of places) if (files.length > 1) yield `${name}: ${files.join(', ')}`;
    },
  },
];

/** The names that a file declares and exports. */
function exportedNames(body) {
  return body
    .filter(({ type }) => type === 'ExportDeclaration')
    .flatMap(({ declaration }) =>
      declaration.type === 'VariableDeclaration'
        ? declaration.declarations.map(({ id }) => id.value)
        : [(declaration.identifier ?? declaration.id).value],
    )
    .filter((name) => name !== undefined);
}
