// Walks through the elements of an XML document of a stranger, in one pass: no document type, no entities but the
// five of XML itself, no attributes, limited depth. A general parser takes seconds for ten megabytes, and builds a
// tree of them. Pure.

const mostDepth = 20;
/** Characters of an element's text that are kept. */
const mostText = 500;

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const plain = (text: string): string =>
  text.replaceAll(
    /&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([\da-f]{1,6}));/gi,
    (whole, name, decimal, hex) => {
      if (name !== undefined) return entities[String(name).toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
    },
  );

interface Open {
  /** "feedback/record/row": local names in lower case. */
  path: string;
  name: string;
  text: string;
}

/** Calls `ended` at the end of each element, with its path and its text. Throws if the document is not well-formed. */
export function scanXml(xml: string, ended: (path: string, text: string) => void): void {
  const open: Open[] = [];
  const end = (): void => {
    const element = open.pop();
    if (element !== undefined) ended(element.path, plain(element.text).trim());
  };
  const add = (from: number, to: number): void => {
    const element = open.at(-1);
    if (element !== undefined && element.text.length < mostText)
      element.text += xml.slice(from, Math.min(to, from + mostText));
  };
  let at = 0;
  for (let start = xml.indexOf('<'); start !== -1; start = xml.indexOf('<', at)) {
    add(at, start);
    if (xml.startsWith('<![CDATA[', start)) {
      at = after(xml, ']]>', start);
      add(start + 9, at - 3);
    } else if (xml.startsWith('<!--', start)) at = after(xml, '-->', start + 4);
    else if (xml.startsWith('<?', start)) at = after(xml, '?>', start);
    else if (xml.startsWith('<!', start)) throw new Error('a document type is not allowed');
    else {
      at = after(xml, '>', start);
      const isEnd = xml[start + 1] === '/';
      const name = nameIn(xml.slice(start + (isEnd ? 2 : 1), Math.min(at - 1, start + 200)));
      if (!isEnd) open.push({ name, path: pathOf(open, name), text: '' });
      else if (open.at(-1)?.name !== name) throw new Error('an element is not closed');
      if (isEnd || xml[at - 2] === '/') end();
    }
  }
  if (open.length > 0) throw new Error('the document is cut off');
}

function after(xml: string, mark: string, from: number): number {
  const found = xml.indexOf(mark, from);
  if (found === -1) throw new Error('the document is cut off');
  return found + mark.length;
}

function pathOf(open: readonly Open[], name: string): string {
  if (open.length >= mostDepth) throw new Error('too many nested elements');
  const above = open.at(-1)?.path;
  return above === undefined ? name : `${above}/${name}`;
}

/** Without its prefix: reports of RFC 9990 have a namespace, and some name it. */
function nameIn(tag: string): string {
  const name = /^(?:[\w.-]+:)?([A-Za-z_][\w.-]*)/.exec(tag)?.[1];
  if (name === undefined) throw new Error('a tag without a name');
  return name.toLowerCase();
}
