// FEEDBACK_MAILBOX, for environment.ts: the IMAP mailbox that mail comes back to. Pure.
import { isLoopback } from './relays.js';
import { maskUrl, readUrl, wrong } from './values.js';

export interface FeedbackMailbox {
  host: string;
  port: number;
  user: string;
  pass: string;
  /** TLS from the first byte (imaps). */
  secure: boolean;
  /** `required`: STARTTLS if not `secure`. `off`: without encryption. */
  tls: 'required' | 'off';
  /** The name in the server's certificate; undefined: the host. */
  tlsName: string | undefined;
  folder: string;
  /** The folder for mails that are understood. */
  move: string;
}

/** The folder for mails that are not understood. */
export const unknownFolder = 'Unknown';

const wanted =
  'imaps://user:password@host/FOLDER?move=FOLDER, such as imaps://bounces:secret@imap.example.org/INBOX?move=Processed';
const knownOptions = new Set(['move', 'tls', 'tlsName']);

export function readFeedbackMailbox(text: string): FeedbackMailbox {
  const refuse = (what: string = wanted): never => wrong('FEEDBACK_MAILBOX', maskUrl(text), what);
  const url = readUrl('FEEDBACK_MAILBOX', text, ['imap:', 'imaps:'], wanted);
  const options = new Map(url.searchParams);
  if ([...options.keys()].some((name) => !knownOptions.has(name))) refuse();
  const secure = url.protocol === 'imaps:';
  const host = url.hostname.replaceAll(/^\[|\]$/g, '');
  const [folder, user, pass] = [url.pathname.slice(1), url.username, url.password].map(decoded);
  const read = folder === '' ? 'INBOX' : folder;
  const move = options.get('move') ?? 'Processed';
  if (!read || !user || !pass || move === '') return refuse();
  if (isSame(read, move) || isSame(read, unknownFolder) || isSame(move, unknownFolder))
    refuse(`a mailbox with three different folders: the one that is read, move= and ${unknownFolder}`);
  const tls = options.get('tls') ?? (!secure && isLoopback(host) ? 'off' : 'required');
  const tlsName = options.get('tlsName');
  if ((tls !== 'required' && tls !== 'off') || tlsName === '') return refuse();
  if (tls === 'off' && (secure || tlsName !== undefined))
    refuse('with imap:// and without tlsName, because tls=off');
  const port = url.port === '' ? (secure ? 993 : 143) : Number(url.port);
  return { host, port, user, pass, secure, tls, tlsName, folder: read, move };
}

/** RFC 3501 section 5.1: INBOX in any case is one folder. */
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Undefined: it is not encoded as a URL has it. */
function decoded(text: string): string | undefined {
  try {
    const plain = decodeURIComponent(text);
    return /[\0\r\n]/.test(plain) ? undefined : plain;
  } catch {
    return undefined;
  }
}

/** Names the mailbox in rows and sentences, without the password. */
export const mailboxName = ({ user, host, port, folder }: FeedbackMailbox): string =>
  `${user}@${host}:${port}/${folder}`;
