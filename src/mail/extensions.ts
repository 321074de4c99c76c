// What a relay offers beyond plain SMTP, and the commands that use it.
import type { Socket } from 'node:net';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { lengthOf } from './compose.js';
import type { Waiting } from './pipelining/hand-over.js';
import type { Commands } from './pipelining/session.js';

/** A domain is in A-labels, so the characters stand in a local part. */
// oxlint-disable-next-line no-control-regex -- all of ASCII
const needsSmtpUtf8 = ({ from, to }: Waiting['envelope']): boolean => /[^\x00-\x7f]/.test(from + to);

/** What a relay's answer to EHLO offers. */
export interface Extensions {
  pipelining: boolean;
  smtpUtf8: boolean;
  size: boolean;
  /** RFC 3030 section 2. */
  chunking: boolean;
  /** Bytes. 0: the relay names no limit. */
  mostBytes: number;
}

export const plainSmtp: Extensions = {
  pipelining: false,
  smtpUtf8: false,
  size: false,
  chunking: false,
  mostBytes: 0,
};

/** What Nodemailer tells to its own functions only: the answer to EHLO, and the socket. */
export function takenFrom(smtp: SMTPConnection): {
  offer: Extensions;
  socket: Socket;
  stopReading: () => void;
} {
  const inner = smtp as unknown as {
    _supportedExtensions: readonly string[];
    /** Undefined: the relay knows HELO only. */
    _ehloLines: readonly string[] | undefined;
    _maxAllowedSize: number;
    _socket: Socket;
    _onSocketData: (chunk: Buffer) => void;
  };
  // oxlint-disable no-underscore-dangle -- there are no public names
  const has = (name: string): boolean => inner._supportedExtensions.includes(name);
  return {
    offer: {
      pipelining: has('PIPELINING'),
      smtpUtf8: has('SMTPUTF8'),
      size: has('SIZE'),
      // Nodemailer knows no BDAT.
      chunking: inner._ehloLines?.some((line) => /^CHUNKING\b/i.test(line)) ?? false,
      mostBytes: inner._maxAllowedSize,
    },
    socket: inner._socket,
    stopReading: () => void inner._socket.off('data', inner._onSocketData),
  };
  // oxlint-enable no-underscore-dangle
}

/** RFC 6531 section 3.2: the address needs the relay's consent. */
export const lacksUtf8 = ({ smtpUtf8 }: Extensions, envelope: Waiting['envelope']): boolean =>
  !smtpUtf8 && needsSmtpUtf8(envelope);

/** Whether the message can be sent as it is. Nodemailer says of the others why not. */
export function fits(offer: Extensions, { envelope, data }: Waiting): boolean {
  const { mostBytes } = offer;
  const isWritable = envelope.to !== '' && !/[\r\n<>]/.test(envelope.from + envelope.to);
  return isWritable && (mostBytes === 0 || lengthOf(data) <= mostBytes) && !lacksUtf8(offer, envelope);
}

export function envelopeCommands(offer: Extensions, { envelope, data }: Waiting): Commands {
  const utf8 = needsSmtpUtf8(envelope) ? ' SMTPUTF8' : '';
  const bytes = offer.size ? ` SIZE=${lengthOf(data)}` : '';
  return { mail: `MAIL FROM:<${envelope.from}>${utf8}${bytes}`, rcpt: `RCPT TO:<${envelope.to}>` };
}
