// Sanitises random HTML. parse5 reads the result: it parses as browsers do, and the sanitiser does not use
// it.
import fc from 'fast-check';
import {
  defaultTreeAdapter as tree,
  html as namespaces,
  parseFragment,
  type DefaultTreeAdapterTypes,
} from 'parse5';
import { sanitise } from '../../src/posts/sanitise.js';
import { expectAlways, textOf } from '../support/random-input.js';

const base = 'https://example.org/posts/1';

const allowed: Record<string, string[]> = {
  ...Object.fromEntries(
    (
      'p div br hr h2 h3 h4 h5 h6 blockquote q cite ul ol li dl dt dd pre code kbd samp var em i strong b u s del ins ' +
      'small sub sup mark abbr a img figure figcaption table caption thead tbody tfoot tr th td'
    )
      .split(' ')
      .map((name) => [name, []]),
  ),
  a: ['href', 'title', 'data-digest-media', 'data-digest-seconds'],
  abbr: ['title'],
  img: ['src', 'alt', 'title', 'width', 'height'],
  ol: ['start'],
  td: ['colspan', 'rowspan'],
  th: ['colspan', 'rowspan'],
  // A browser adds these elements around columns and rows.
  colgroup: [],
};

const addresses = fc.constantFrom(
  'https://example.org/a',
  '//evil.example/x',
  'javascript:alert(1)',
  ' java\tscript:alert(1)',
  '&#106;avascript:alert(1)',
  'data:text/html,<script>',
  'vbscript:x',
  'mailto:a@example.org',
  '/relative',
  'https://youtu.be/dQw4w9WgXcQ',
  'https://user:pass@evil.example',
  '',
);
const attribute = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'href',
        'src',
        'srcset',
        'data-src',
        'xlink:href',
        'action',
        'background',
        'title',
        'alt',
      ),
      addresses,
    )
    .map(([name, value]) => ` ${name}="${value}"`),
  fc.constantFrom(
    ' onclick=alert(1)',
    ' style="x:expression(1)"',
    ' colspan=9999999',
    ' start=1',
    ' width=1',
    ' width="100%"',
    ' class=x',
    ' id=y',
    ' "',
    ' =',
    '/',
  ),
);
const tagName = fc.constantFrom(
  ...Object.keys(allowed),
  ...'script style svg math mtext mglyph mi msup mfrac annotation-xml picture source amp-img embed param foreignObject title textarea noscript template xmp plaintext iframe object form select option input button video audio section body html head base meta link font center h1 nobr'.split(
    ' ',
  ),
);
const tag = fc.oneof(
  fc
    .tuple(tagName, fc.array(attribute, { maxLength: 3 }))
    .map(([name, attributes]) => `<${name}${attributes.join('')}>`),
  tagName.map((name) => `</${name}>`),
);
const junk = textOf(
  '<',
  '>',
  '</',
  '<!--',
  '-->',
  '<!',
  '<![CDATA[',
  ']]>',
  '<?',
  '&lt;',
  '&',
  '&#0;',
  '"',
  "'",
  '=',
  '\0',
  '\u202e',
  'word ',
);
const html = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: tag },
      { weight: 2, arbitrary: fc.constantFrom('words', ' ', 'é') },
      junk,
    ),
    { maxLength: 25 },
  )
  .map((parts) => parts.join(''));

type Node = DefaultTreeAdapterTypes.ChildNode;
const nodesOf = (nodes: readonly Node[]): Node[] =>
  nodes.flatMap((node) => [node, ...('childNodes' in node ? nodesOf(node.childNodes) : [])]);

/** The content of `safe` as a browser reads it. */
const read = (safe: string): Node[] => nodesOf(parseFragment(safe).childNodes);

const isFit = (name: string, value: string): boolean => {
  if (name === 'href' || name === 'src') return /^(https?:\/\/[^/@]+(\/|$)|mailto:)/.test(value);
  if (name === 'data-digest-media') return /^(?:video|audio|page)(?:-file)?$/.test(value);
  return !/span|start|width|height|seconds/.test(name) || /^\d{1,5}$/.test(value);
};

/** Elements, attributes and addresses in `safe` that are not allowed. */
function strangers(safe: string): string[] {
  return read(safe).flatMap((node) => {
    if (tree.isTextNode(node)) return [];
    if (!tree.isElementNode(node)) return [node.nodeName];
    const attributes = allowed[node.tagName];
    if (attributes === undefined || node.namespaceURI !== namespaces.NS.HTML) return [node.tagName];
    return node.attrs
      .filter(({ name, value }) => !attributes.includes(name) || !isFit(name, value))
      .map(({ name, value }) => `${node.tagName} ${name}=${value}`);
  });
}

test('a browser finds nothing in sanitised HTML that is not on the list', () =>
  expectAlways([html], (text) => expect(strangers(sanitise(text, base))).toEqual([]), 2_000));

test('sanitising twice changes nothing', () =>
  expectAlways(
    [html],
    (text) => {
      const once = sanitise(text, base);
      expect(sanitise(once, base)).toBe(once);
    },
    2_000,
  ));

test('plain words survive inside any markup', () =>
  expectAlways(
    [fc.array(fc.stringMatching(/^[a-z]{3,8}$/), { minLength: 1, maxLength: 8 })],
    (words) => {
      const safe = sanitise(words.map((word) => `<section onclick=x><p>${word}</p></section>`).join(''));
      const shown = read(safe).map((node) => (tree.isTextNode(node) ? node.value : ''));
      expect(shown.join(' ').match(/[a-z]+/g)).toEqual(words);
    },
    300,
  ));
