// The places of a composed body where readers' tokens and their addresses go. Pure.
//
// All tokens have one length and contain neither dots nor white space. So the transfer encoding, dot-stuffing
// and DKIM's canonical form are the same whatever fills the holes, and each is made once.
//
// In quoted-printable a token stands as it is. Base64 writes three octets as four characters, a quad. There a
// hole begins and ends with a quad: it holds the token with up to two octets before and behind it.
//
// Addresses differ in length. An address gets lines of its own, with soft line breaks around them, and every character
// but letters and digits is encoded: no line begins with a dot, and none is too long. In base64, spaces behind it keep
// the quads of the octets that follow.
//
// A link that is counted has a hole too. Its placeholder is an unguessable beginning and the link's id.
import { linkPurposes, tokenLength, type LinkPurpose, type Tokens } from '../subscribers/tokens.js';
import { linkIdLength } from '../tracking/click-token.js';

const addressPlaces = ['addressInText', 'addressInHtml'] as const;
type AddressPlace = (typeof addressPlaces)[number];
const purposes = [...linkPurposes, ...addressPlaces];

/** With the link's id behind it, the placeholder of a counted link is as long as a token. */
export const clickMarkLength = tokenLength - linkIdLength;

/** They have one length, which is that of a token. `click` is the beginning of one. */
export type Placeholders = Tokens & Readonly<Record<AddressPlace | 'click', string>>;

/** What fills the holes. */
export type Fillings = Tokens &
  Readonly<Record<AddressPlace, string>> & {
    /** The tokens of counted links, by the links' ids. */
    readonly clicks?: ReadonlyMap<string, string> | undefined;
  };

/** Octets, a hole for a part of one of the reader's tokens, or one for the reader's address. */
export type Piece = Buffer | Hole;
type Hole = TokenHole | AddressHole;

interface AddressHole {
  purpose: AddressPlace;
  /** Defined: in base64, with the octets that share the first and the last quad. */
  around?: { before: Buffer; behind: Buffer };
  /** The line breaks before and behind the address. Empty where the line breaks anyway. */
  opens: string;
  closes: string;
}

interface TokenHole {
  purpose: LinkPurpose | 'click';
  /** The id of a counted link. */
  link?: string;
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
export function cutHoles(body: Buffer, placeholders: Placeholders): Piece[] {
  const text = body.toString('latin1');
  const patterns = [
    ...purposes.flatMap((purpose) => forms(purpose, placeholders[purpose])),
    ...forms('click', placeholders.click),
  ];
  const pattern = new RegExp(patterns.join('|'), 'g');
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    pieces.push(body.subarray(end, match.index));
    const [name = ''] = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined) ?? [];
    const [address] = addressPlaces.filter((one) => name.startsWith(one));
    end = match.index + match[0].length;
    if (address === undefined) pieces.push(...holesOf(name, match[0]));
    else {
      const { opens, closes, taken } = breaksAround(text, {
        start: match.index,
        end,
        quads: name !== address,
      });
      pieces.push({ purpose: address, ...octetsAround(name, match[0]), opens, closes });
      end += taken;
    }
  }
  pieces.push(body.subarray(end));
  return pieces;
}

/** How many octets stand before the token in its first quad. */
const shifts = [0, 1, 2];

/** Patterns of a placeholder in either encoding. Base64 has three forms, by the token's place in its quads. */
function forms(purpose: string, token: string): string[] {
  const rest = `(?:(?:=\\r\\n)?[\\w-]){${tokenLength - token.length}}`;
  return [
    `(?<${purpose}>${token.split('').join('(?:=\\r\\n)?')}${rest})`,
    ...shifts.map((shift) => `(?<${purpose}${shift}>${inBase64(token, shift)})`),
  ];
}

/** `token` may be the beginning of one: what follows it is any. */
function inBase64(token: string, shift: number): string {
  const octets = Buffer.from(token, 'latin1');
  const first = (3 - shift) % 3;
  const whole = octets.length - first - ((octets.length - first) % 3);
  const known = octets.subarray(first, first + whole).toString('base64');
  const quads = known.match(/.{4}/g) ?? [];
  const any = '[A-Za-z0-9+/=]{4}';
  const others = Math.ceil((tokenLength - first - whole) / 3);
  const all = [
    ...(first > 0 ? [any] : []),
    ...quads.map(escape),
    ...Array.from({ length: others }, () => any),
  ];
  return all.join('(?:\\r\\n)?');
}

const escape = (quad: string): string => quad.replaceAll('+', '\\+');

/** In base64: the octets that share the first and the last quad of what was found. */
function octetsAround(name: string, found: string): Pick<TokenHole, 'around'> {
  const shift = /\d$/.exec(name)?.[0];
  if (shift === undefined) return {};
  const octets = Buffer.from(found.replaceAll('\r\n', ''), 'base64');
  return {
    around: {
      before: octets.subarray(0, Number(shift)),
      behind: octets.subarray(Number(shift) + tokenLength),
    },
  };
}

/** The line breaks that give the address lines of its own, and how many characters behind it they contain. */
function breaksAround(text: string, { start, end, quads }: { start: number; end: number; quads: boolean }) {
  const ownLine = quads ? '\r\n' : '=\r\n';
  const opens = text[start - 1] === '\n' ? '' : ownLine;
  if (/^=?\r\n/.test(text.slice(end, end + 3))) return { opens, closes: '', taken: 0 };
  // A dot at the start of a line would end the message (RFC 5321 section 4.5.2).
  const dot = text[end] === '.';
  return { opens, closes: dot ? `${ownLine}=2E` : ownLine, taken: dot ? 1 : 0 };
}

function holesOf(name: string, found: string): Piece[] {
  const purpose = [...linkPurposes, 'click' as const].find((one) => name.startsWith(one)) ?? 'unsubscribe';
  const around = octetsAround(name, found);
  const link = purpose === 'click' ? { link: linkOf(name, found) } : {};
  const pieces: Piece[] = [];
  let taken = 0;
  for (const part of found.split(/(=?\r\n)/)) {
    if (lineBreak.test(part)) pieces.push(Buffer.from(part, 'latin1'));
    else {
      pieces.push({ purpose, ...link, ...around, from: taken, to: taken + part.length });
      taken += part.length;
    }
  }
  return pieces;
}

/** The id in the placeholder of a counted link. */
function linkOf(name: string, found: string): string {
  const shift = /\d$/.exec(name)?.[0];
  const whole = found.replaceAll(new RegExp(lineBreak, 'g'), '');
  const at = clickMarkLength + Number(shift ?? 0);
  const text = shift === undefined ? whole : Buffer.from(whole, 'base64').toString('latin1');
  return text.slice(at, at + linkIdLength);
}

/** The pieces with a reader's tokens and address in the holes. */
export function fill(pieces: readonly Piece[], fillings: Fillings): (Buffer | string)[] {
  return pieces.map((piece) => {
    if (!isHole(piece)) return piece;
    if ('opens' in piece) return encodedAddress(piece, fillings[piece.purpose]);
    const token = encoded(piece, fillings);
    return token.length === piece.to - piece.from ? token : token.slice(piece.from, piece.to);
  });
}

function encoded({ purpose, link = '', around }: TokenHole, fillings: Fillings): string {
  const token = purpose === 'click' ? (fillings.clicks?.get(link) ?? '') : fillings[purpose];
  if (around === undefined) return token;
  return Buffer.concat([around.before, Buffer.from(token, 'latin1'), around.behind]).toString('base64');
}

/** Each octet in quoted-printable: letters and digits as they are, all others encoded. */
const quotedPrintable = Array.from({ length: 256 }, (_, octet) => {
  const character = String.fromCodePoint(octet);
  return /[A-Za-z0-9]/.test(character) ? character : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** Encoded they have at most 75 characters; a line has 76 with its soft line break (RFC 2045, 6.7). */
const octetsInLine = 25;

function encodedAddress({ around, opens, closes }: AddressHole, address: string): string {
  const octets = Buffer.from(address, 'utf8');
  if (around === undefined) {
    let text = opens;
    // Each message does this twice. An iterator would be a fifth of its garbage.
    for (let at = 0; at < octets.length; at += 1) {
      if (at > 0 && at % octetsInLine === 0) text += '=\r\n';
      text += quotedPrintable[octets[at] ?? 0];
    }
    return text + closes;
  }
  const spaces = Buffer.alloc((tokenLength + 2 * octets.length) % 3, ' ');
  const whole = Buffer.concat([around.before, octets, spaces, around.behind]).toString('base64');
  return `${opens}${whole.match(/.{1,76}/g)?.join('\r\n') ?? ''}${closes}`;
}
