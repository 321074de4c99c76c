// XHTML may close any element in its own tag: <iframe src="…"/>. HTML takes such a tag for an opening one, so the
// sanitiser would drop the rest of the text with the element. Pure.

// HTML elements without a closing tag (HTML Standard, section 13.1.2), and those that it has dropped.
const empty = new Set(
  'area base basefont bgsound br col command embed frame hr image img input keygen link meta param source track wbr'.split(
    ' ',
  ),
);

/** Elements that the sanitiser drops with their content, or whose content is not read as tags. */
const hiding = new Set(
  [
    'applet audio button canvas datalist dialog frameset iframe listing map math noembed noframes noscript',
    'object optgroup option plaintext script select style svg template textarea title video xmp',
  ].flatMap((line) => line.split(' ')),
);

// An unquoted value may end in a slash, so the last one needs its quote or a space after it.
const selfClosed =
  /<([a-z][\w.-]{0,50})((?:\s+[^\s"'<>/=]{1,100}(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=`]+(?=\s)))?)*)\s*\/>/gi;

/** XHTML as HTML: each self-closed element gets a closing tag, unless HTML knows it as empty. */
export function htmlOfXhtml(xhtml: string): string {
  return xhtml.replaceAll(selfClosed, (tag, name: string, attributes: string) =>
    empty.has(name.toLowerCase()) ? tag : `<${name}${attributes}></${name}>`,
  );
}

/**
 * HTML in which some tags may be XHTML's. Only an element that would hide the text after it is closed, and only if
 * no closing tag of its own follows.
 */
export function closeHiding(html: string): string {
  return html.replaceAll(selfClosed, (tag, name: string, attributes: string, at: number) => {
    if (!hiding.has(name.toLowerCase())) return tag;
    const next = new RegExp(`<(/?)${name}(?=[\\s/>])`, 'gi');
    next.lastIndex = at + tag.length;
    return next.exec(html)?.[1] === '/' ? tag : `<${name}${attributes}></${name}>`;
  });
}
