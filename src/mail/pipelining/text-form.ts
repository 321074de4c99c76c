// The two forms in which the text of a message goes to a relay.
//
// - DATA (RFC 5321 section 4.1.1.4): the relay asks for the text with 354. A line that begins with a dot gets another
//   one, and a dot on a line of its own ends the text.
// - BDAT (RFC 3030 section 2): the octets are counted, so the text goes out as it is. It has two chunks. The first one
//   takes the place of DATA: it goes out with MAIL and RCPT. The second one, with LAST, has nearly all of the text, and
//   goes out when the relay has taken all three.
//
// All of the text behind RCPT would save no round trip, as the commands go out behind the text before. And it has hazards:
// - A relay must discard a chunk that it refuses (RFC 3030 section 2). Some take it for commands, and posts are strangers'.
// - A relay that closes an old connection could have accepted the text: the message would be uncertain.
import { fromData, join, type Parts } from '../compose.js';

export interface TextForm {
  readonly isChunked: boolean;
  /** The relay has accepted no chunks yet: nothing goes behind this text. */
  readonly isTrial: boolean;
  /** Goes out behind MAIL and RCPT, and has one reply. */
  readonly asks: Buffer;
  /** Whether that reply lets the text go out. */
  lets(reply: string): boolean;
  /** The message in the form of toData. */
  readonly data: Parts;
  /** What goes out then, and has one reply. `whole`: the octets of `data`. */
  textOf(whole: Buffer): readonly Buffer[];
}

/** `data`: a message in the form of toData, as for chunkForm. */
export const dataForm = (data: Parts): TextForm => ({
  isChunked: false,
  isTrial: false,
  asks: Buffer.from('DATA\r\n'),
  lets: (reply) => reply.startsWith('354'),
  data,
  textOf: (whole) => [whole],
});

/**
 * Octets of the first chunk. They are a part of the first field's name: a relay that does not know BDAT has no line to
 * take for a command. Without any octet, Postfix says "551 5.7.1 Null BDAT request".
 */
const firstChunk = 2;

export function chunkForm(data: Parts, { isTrial }: { isTrial: boolean }): TextForm {
  return {
    isChunked: true,
    isTrial,
    asks: Buffer.concat([Buffer.from(`BDAT ${firstChunk}\r\n`), beginningOf(data)]),
    lets: (reply) => reply.startsWith('2') && !isAboutAddress(reply),
    data,
    textOf: (whole) => {
      const rest = fromData(whole).subarray(firstChunk);
      return [Buffer.from(`BDAT ${rest.length} LAST\r\n`), rest];
    },
  };
}

/** The beginning of a field's name: no dot that was doubled. */
const beginningOf = (data: Parts): Buffer =>
  join(
    data.map((part) => (typeof part === 'string' ? part.slice(0, firstChunk) : part.subarray(0, firstChunk))),
  ).subarray(0, firstChunk);

/**
 * The good replies to MAIL, RCPT and BDAT are all 250. Where they have a status code, X.1.X is about an address (RFC 3463
 * section 3.2), so that such a reply to a chunk is another command's.
 */
export const isAboutAddress = (reply: string): boolean => /^2\d\d[ -]2\.1\.\d/.test(reply);

/** The command is not known, or not here (RFC 5321 section 4.2.2). */
export const isUnknownCommand = (reply: string): boolean => /^50[0-4]/.test(reply);
