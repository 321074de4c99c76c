// Pictures that follow each other without text between them, as a gallery: two in a row. Six large pictures below
// each other fill four screens of a phone. Pure; the HTML is a post's as stored (src/posts/sanitise.ts).

interface Picture {
  /** The image, with the link around it. */
  html: string;
  caption: string;
}

/** A piece of the HTML that may stand in a gallery: a picture, or the tag of a block around pictures. */
type Piece = { picture: Picture } | { tag: string } | { space: string };
type Segment = { pieces: Piece[]; from: number; to: number };

const block = /^<\/?(?:figure|p|div|ul|li|dl|dt|dd)>$/;
const sizeIn = (tag: string, name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(tag)?.[1]);

/** Icons, emoji and badges stay where they are. */
const isLarge = (tag: string): boolean =>
  tag.startsWith('<img ') && !(sizeIn(tag, 'width') < 100) && !(sizeIn(tag, 'height') < 60);

/** Whether a picture of this address can be shown. Others take no place in a gallery. */
type Shows = (src: string) => boolean;

const srcOf = (tag: string): string => (/ src="([^"]*)"/.exec(tag)?.[1] ?? '').replaceAll('&amp;', '&');

const isSpace = (part: string): boolean => part === '<br />' || part.trim() === '';

/** The picture that begins at `at`, with its link, and where it ends. */
function pictureAt(parts: readonly string[], at: number): { html: string; next: number } | undefined {
  if (isLarge(parts[at] ?? '')) return { html: parts[at] ?? '', next: at + 1 };
  if (!parts[at]?.startsWith('<a ')) return undefined;
  const end = parts.indexOf('</a>', at);
  const inside = parts.slice(at + 1, end).filter((part) => !isSpace(part));
  if (end < 0 || end - at > 8 || inside.length !== 1 || !isLarge(inside[0] ?? '')) return undefined;
  return { html: `${parts[at]}${inside[0]}</a>`, next: end + 1 };
}

/** The piece that begins at `at`, and where it ends. Undefined: it is none of a gallery. */
function pieceAt(
  parts: readonly string[],
  at: number,
  shows: Shows,
): { piece: Piece; next: number } | undefined {
  const part = parts[at] ?? '';
  if (isSpace(part) || (part.startsWith('<img ') && !shows(srcOf(part))))
    return { piece: { space: part }, next: at + 1 };
  if (block.test(part)) return { piece: { tag: part }, next: at + 1 };
  const found = pictureAt(parts, at);
  if (found && !shows(srcOf(found.html))) return undefined;
  return found && { piece: { picture: { html: found.html, caption: '' } }, next: found.next };
}

/** Where the caption that begins at `at` ends, if it belongs to `picture`, which it then has. */
function addCaption(parts: readonly string[], at: number, picture: Picture | undefined): number | undefined {
  if (parts[at] !== '<figcaption>' || picture === undefined) return undefined;
  const end = parts.indexOf('</figcaption>', at);
  const words = parts.slice(at + 1, end);
  if (end < 0 || words.some((part) => part.startsWith('<img ') || block.test(part))) return undefined;
  picture.caption = words.join('').trim();
  return end + 1;
}

/** The parts of `segment` between block tags that lack their partner in it. */
function balanced(pieces: readonly Piece[], from: number, widths: readonly number[]): Segment[] {
  const open: number[] = [];
  const alone = new Set<number>();
  pieces.forEach((piece, index) => {
    if (!('tag' in piece)) return;
    if (!piece.tag.startsWith('</')) open.push(index);
    else if (open.length === 0) alone.add(index);
    else open.pop();
  });
  for (const index of open) alone.add(index);
  const segments: Segment[] = [{ pieces: [], from, to: from }];
  let at = from;
  pieces.forEach((piece, index) => {
    at += widths[index] ?? 1;
    if (alone.has(index)) segments.push({ pieces: [], from: at, to: at });
    else {
      segments.at(-1)?.pieces.push(piece);
      segments.at(-1)!.to = at;
    }
  });
  return segments;
}

/** Two figures may each belong to the text beside them. Three are a gallery; so are two in a list or in one block. */
function isGallery({ pieces }: Segment): boolean {
  const pictures = pieces.filter((piece) => 'picture' in piece).length;
  const tags = pieces.flatMap((piece) => ('tag' in piece ? [piece.tag] : []));
  const nested = /^<(?:figure|div|ul)><(?:figure|li|dl)>/.test(tags.join('')) || tags[0] === '<dl>';
  return pictures > 2 || (pictures === 2 && (nested || tags.length <= 2));
}

const inHalf = ({ html, caption }: Picture): string =>
  html.replace('<img ', '<img data-half="" ') + (caption && `<p data-half="">${caption}</p>`);

function tableOf({ pieces }: Segment): string {
  const pictures = pieces.flatMap((piece) => ('picture' in piece ? [inHalf(piece.picture)] : []));
  const rows = Array.from({ length: Math.ceil(pictures.length / 2) }, (_, row) => [
    pictures[2 * row] ?? '',
    pictures[2 * row + 1] ?? '',
  ]).map(
    ([first, second]) => `<tr><td data-half="first">${first}</td><td data-half="second">${second}</td></tr>`,
  );
  return `<table data-half="">${rows.join('')}</table>`;
}

/** `html` with its galleries as tables of two columns. mail-html.ts knows them by data-half. */
export function withGalleries(html: string, shows: Shows): string {
  if (html.split('<img ').length < 3) return html;
  const parts = html.split(/(<[^>]*>)/).filter((part) => part !== '');
  const made: string[] = [];
  let at = 0;
  while (at < parts.length) {
    const from = at;
    const pieces: Piece[] = [];
    const widths: number[] = [];
    let last: Picture | undefined;
    for (;;) {
      const after = addCaption(parts, at, last);
      const found = after === undefined ? pieceAt(parts, at, shows) : { piece: { space: '' }, next: after };
      if (at >= parts.length || found === undefined) break;
      if ('picture' in found.piece) last = found.piece.picture;
      pieces.push(found.piece);
      widths.push(found.next - at);
      at = found.next;
    }
    let kept = from;
    for (const segment of balanced(pieces, from, widths).filter(isGallery)) {
      made.push(...parts.slice(kept, segment.from), tableOf(segment));
      kept = segment.to;
    }
    made.push(...parts.slice(kept, at));
    // A part of the text, or another tag.
    if (at < parts.length) made.push(parts[at] ?? '');
    at += 1;
  }
  return made.join('');
}
