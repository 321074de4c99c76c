// What a relay offers beyond plain SMTP, and the commands that use it.
import type { Socket } from 'node:net';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Waiting } from './pipelining/hand-over.js';
import type { Commands } from './pipelining/session.js';

/** A domain is in A-labels, so the characters stand in a local part. */
// oxlint-disable-next-line no-control-regex -- all of ASCII
const needsSmtpUtf8 = ({ from, to }: Waiting['envelope']): boolean => /[^\x00-\x7f]/.test(from + to);

/** What Nodemailer tells to its own functions only: the answer to EHLO, and the socket. */
export function offered(smtp: SMTPConnection) {
  const inner = smtp as unknown as {
    _supportedExtensions: readonly string[];
    /** Undefined: the relay knows HELO only. */
    _ehloLines: readonly string[] | undefined;
    _maxAllowedSize: number;
    _socket: Socket;
    _onSocketData: (chunk: Buffer) => void;
  };
  // oxlint-disable no-underscore-dangle -- there are no public names
  return {
    extensions: inner._supportedExtensions,
    /** RFC 3030 section 2. Nodemailer knows no BDAT. */
    chunking: inner._ehloLines?.some((line) => /^CHUNKING\b/i.test(line)) ?? false,
    /** Bytes. 0: the relay names no limit. */
    mostBytes: inner._maxAllowedSize,
    socket: inner._socket,
    stopReading: () => void inner._socket.off('data', inner._onSocketData),
  };
  // oxlint-enable no-underscore-dangle
}

/** RFC 6531 section 3.2: the address needs the relay's consent. */
export const lacksUtf8 = (smtp: SMTPConnection, envelope: Waiting['envelope']): boolean =>
  needsSmtpUtf8(envelope) && !offered(smtp).extensions.includes('SMTPUTF8');

/** Whether the message can be sent as it is. Nodemailer says of the others why not. */
export function fits(smtp: SMTPConnection, { envelope, data }: Waiting): boolean {
  const { mostBytes } = offered(smtp);
  const isWritable = envelope.to !== '' && !/[\r\n<>]/.test(envelope.from + envelope.to);
  return isWritable && (mostBytes === 0 || data.length <= mostBytes) && !lacksUtf8(smtp, envelope);
}

export function envelopeCommands(smtp: SMTPConnection, { envelope, data }: Waiting): Commands {
  const { extensions } = offered(smtp);
  const utf8 = needsSmtpUtf8(envelope) ? ' SMTPUTF8' : '';
  const bytes = extensions.includes('SIZE') ? ` SIZE=${data.length}` : '';
  return { mail: `MAIL FROM:<${envelope.from}>${utf8}${bytes}`, rcpt: `RCPT TO:<${envelope.to}>` };
}
