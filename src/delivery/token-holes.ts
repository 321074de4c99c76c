// The places of a composed body where readers' tokens go. Pure.
//
// All tokens have one length and contain neither dots nor white space. So the transfer encoding, dot-stuffing
// and DKIM's canonical form are the same whatever fills the holes, and each is made once.
//
// In quoted-printable a token stands as it is. Base64 writes three octets as four characters, a quad. There a
// hole begins and ends with a quad: it holds the token with up to two octets before and behind it.
import { linkPurposes, tokenLength, type LinkPurpose, type Tokens } from '../subscribers/tokens.js';

/** Octets, or a hole for a part of one of the reader's tokens. */
export type Piece = Buffer | Hole;

interface Hole {
  purpose: LinkPurpose;
  /** Undefined: the token stands as it is. Else the octets that share its first and its last quad. */
  around?: { before: Buffer; behind: Buffer };
  /** The part of the encoded token that stands here: a line break divides it. */
  from: number;
  to: number;
}

export const isHole = (piece: Piece): piece is Hole => !Buffer.isBuffer(piece);

/** A line break within an encoded token: soft in quoted-printable (RFC 2045 section 6.7, rule 5). */
const lineBreak = /=?\r\n/;

/** Cuts holes where the placeholders stand. No piece starts with a hole. */
export function cutHoles(body: Buffer, placeholders: Tokens): Piece[] {
  const text = body.toString('latin1');
  const pattern = new RegExp(linkPurposes.flatMap((purpose) => forms(purpose, placeholders)).join('|'), 'g');
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    pieces.push(body.subarray(end, match.index));
    const [name = ''] = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined) ?? [];
    pieces.push(...holesOf(name, match[0]));
    end = match.index + match[0].length;
  }
  pieces.push(body.subarray(end));
  return pieces;
}

/** How many octets stand before the token in its first quad. */
const shifts = [0, 1, 2];

/** Patterns of a placeholder in either encoding. Base64 has three forms, by the token's place in its quads. */
function forms(purpose: LinkPurpose, placeholders: Tokens): string[] {
  const token = placeholders[purpose];
  return [
    `(?<${purpose}>${token.split('').join('(?:=\\r\\n)?')})`,
    ...shifts.map((shift) => `(?<${purpose}${shift}>${inBase64(token, shift)})`),
  ];
}

function inBase64(token: string, shift: number): string {
  const octets = Buffer.from(token, 'latin1');
  const first = (3 - shift) % 3;
  const whole = octets.length - first - ((octets.length - first) % 3);
  const known = octets.subarray(first, first + whole).toString('base64');
  const quads = known.match(/.{4}/g) ?? [];
  const any = '[A-Za-z0-9+/=]{4}';
  const all = [
    ...(first > 0 ? [any] : []),
    ...quads.map(escape),
    ...(first + whole < octets.length ? [any] : []),
  ];
  return all.join('(?:\\r\\n)?');
}

const escape = (quad: string): string => quad.replaceAll('+', '\\+');

function holesOf(name: string, found: string): Piece[] {
  const purpose = linkPurposes.find((one) => name.startsWith(one)) ?? 'unsubscribe';
  const shift = name === purpose ? undefined : Number(name.slice(purpose.length));
  const octets = Buffer.from(found.replaceAll('\r\n', ''), 'base64');
  const around =
    shift === undefined
      ? {}
      : { around: { before: octets.subarray(0, shift), behind: octets.subarray(shift + tokenLength) } };
  const pieces: Piece[] = [];
  let taken = 0;
  for (const part of found.split(/(=?\r\n)/)) {
    if (lineBreak.test(part)) pieces.push(Buffer.from(part, 'latin1'));
    else {
      pieces.push({ purpose, ...around, from: taken, to: taken + part.length });
      taken += part.length;
    }
  }
  return pieces;
}

/** The pieces with a reader's tokens in the holes. */
export function fill(pieces: readonly Piece[], tokens: Tokens): Buffer[] {
  return pieces.map((piece) =>
    isHole(piece) ? Buffer.from(encoded(piece, tokens).slice(piece.from, piece.to), 'latin1') : piece,
  );
}

function encoded({ purpose, around }: Hole, tokens: Tokens): string {
  const token = tokens[purpose];
  if (around === undefined) return token;
  return Buffer.concat([around.before, Buffer.from(token, 'latin1'), around.behind]).toString('base64');
}
