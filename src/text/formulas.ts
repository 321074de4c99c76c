// A formula in MathML as text. Mail programs draw no MathML.
import { escapeHtml } from './escape-html.js';
import { elementsIn, type HtmlElement, type HtmlNode, textIn } from './html-tree.js';

const notShown = new Set(['annotation', 'annotation-xml']);

/** Escaped text without white space around it: MathML ignores the author's line breaks. */
const words = (node: string): string => node.replaceAll(/\s+/g, ' ').trim();

const isSingle = (nodes: readonly HtmlNode[]): boolean => /^.?$/su.test(textIn(nodes));
const bracketed = (nodes: HtmlNode[]): HtmlNode[] => (isSingle(nodes) ? nodes : ['(', ...nodes, ')']);
const raised = (tag: 'sup' | 'sub', nodes: HtmlNode[]): HtmlNode => ({ tag, attribs: {}, children: nodes });

function formula(node: HtmlNode): HtmlNode[] {
  if (typeof node === 'string') return words(node) === '' ? [] : [words(node)];
  const { tag, children } = node;
  if (notShown.has(tag)) return [];
  if (tag === 'mo') {
    const sign = words(textOnly(children));
    // A relation or an operation between two letters reads better with space around it.
    return /^(?:[=≠<>≤≥≈≡→⇒⇔∈⊂⊆+−×÷±∧∨]|&lt;|&gt;)$/u.test(sign) ? [` ${sign} `] : [sign];
  }
  if (tag === 'mtext') return [textOnly(children)];
  const parts = children.filter((child) => typeof child === 'object').map((child) => formula(child));
  const [first = [], second = [], third = []] = parts;
  switch (tag) {
    case 'msup':
    case 'mover':
      return [...first, raised('sup', second)];
    case 'msub':
    case 'munder':
      return [...first, raised('sub', second)];
    case 'msubsup':
    case 'munderover':
      return [...first, raised('sub', second), raised('sup', third)];
    case 'mfrac':
      return [...bracketed(first), '/', ...bracketed(second)];
    case 'msqrt':
      return ['√', ...bracketed(parts.flat())];
    case 'mroot':
      return [raised('sup', second), '√', ...bracketed(first)];
    case 'mfenced':
      return ['(', ...parts.flatMap((part, index) => (index === 0 ? part : [', ', ...part])), ')'];
    case 'mtd':
    case 'mtr':
      return [...children.flatMap(formula), ' '];
    default:
      return children.flatMap(formula);
  }
}

const textOnly = (nodes: readonly HtmlNode[]): string =>
  nodes.map((node) => (typeof node === 'string' ? node : textOnly(node.children))).join('');

/** The formula as text with raised and lowered letters, or else as its author describes it. */
export function formulaOf(math: HtmlElement): HtmlNode[] {
  const shown = formula(math);
  if (textIn(shown).trim() !== '') return shown;
  const source = elementsIn(math.children).find(({ tag }) => tag === 'annotation');
  const described = math.attribs['alttext'] ?? textIn(source?.children ?? []);
  return [escapeHtml(described)];
}
