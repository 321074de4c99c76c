// Lists the placeholders of a template, from Handlebars' syntax tree. Pure.

/** The content of a pair of braces: a value, or a helper with its arguments. */
export interface Placeholder {
  name: string;
  /** A helper, or syntax that our templates do not use (a partial, a decorator). */
  call: boolean;
  /** {{{…}}}: inserted without escaping. */
  raw: boolean;
  /** The number of {{#each}} around it, including itself. */
  depth: number;
}

type Node = hbs.AST.Statement | hbs.AST.Expression;

/**
 * The placeholders of a parsed template, in their order. `depth` is the depth of the surrounding template.
 */
export function placeholdersIn({ body }: hbs.AST.Program, depth: number): Placeholder[] {
  return body.flatMap((node) => placeholdersOf(node, depth, false));
}

function placeholdersOf(node: Node, depth: number, raw: boolean): Placeholder[] {
  if (node.type === 'ContentStatement' || node.type === 'CommentStatement') return [];
  if (node.type.endsWith('Literal')) return [];
  if (node.type === 'PathExpression')
    return [{ name: (node as hbs.AST.PathExpression).original, call: false, raw, depth }];
  if (!['MustacheStatement', 'BlockStatement', 'SubExpression'].includes(node.type))
    return [{ name: node.type, call: true, raw, depth }];
  const { path, params, hash } = node as hbs.AST.MustacheStatement;
  const name = (path as hbs.AST.PathExpression).original;
  const isRaw = node.type === 'MustacheStatement' && !(node as hbs.AST.MustacheStatement).escaped;
  const isBlock = node.type === 'BlockStatement';
  if (!isBlock && node.type !== 'SubExpression' && params.length === 0 && !hash)
    return placeholdersOf(path, depth, isRaw);
  const inner = isBlock && name === 'each' ? depth + 1 : depth;
  const { program, inverse } = node as Partial<hbs.AST.BlockStatement>;
  return [
    { name, call: true, raw: isRaw, depth: inner },
    ...[...params, ...(hash?.pairs ?? []).map(({ value }) => value)].flatMap((part) =>
      placeholdersOf(part, depth, false),
    ),
    ...(program ? placeholdersIn(program, inner) : []),
    ...(inverse ? placeholdersIn(inverse, depth) : []),
  ];
}
