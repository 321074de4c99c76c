// A mail from outside as text: headers, words and parts. The bytes may be anything: huge, cut off, nested a
// thousand times, with CR or LF alone. What the parser rejects is read as plain text.
import { convert } from 'html-to-text';
import PostalMime, { type Email } from 'postal-mime';
import { fieldsOf } from './fields.js';

export interface OpenedMail {
  /** The first header of this name, unfolded. */
  header(name: string): string | undefined;
  headers(name: string): string[];
  subject: string;
  /** The address in From, in lower case. */
  from: string;
  /** The text parts; HTML as text if there is no other. */
  text: string;
  /** Everything else, decoded: reports, the returned mail or its headers. */
  parts: readonly MailPart[];
}

export interface MailPart {
  /** In lower case. */
  type: string;
  text: string;
}

/** Bytes that are read of a mail. */
const mostBytes = 262_144;
/** Lines that are read of these: the parser's time grows with the lines, not with the bytes. */
const mostLines = 5_000;
const limits = { maxNestingDepth: 40, maxHeadersSize: 131_072, maxRfc822NestingDepth: 0 } as const;

export async function openMail(raw: Uint8Array): Promise<OpenedMail> {
  const bytes = withLineFeeds(raw.subarray(0, mostBytes));
  const email = await PostalMime.parse(bytes, { ...limits, forceRfc822Attachments: true }).catch(
    () => undefined,
  );
  return email === undefined ? openAsText(bytes) : openParsed(email);
}

/** Line ends as the parser knows them, and no line of a mailbox file ("From ada@example.org Thu …") at the top. */
function withLineFeeds(raw: Uint8Array): Buffer {
  const text = Buffer.from(raw).toString('latin1');
  const lines = text.includes('\n') ? text : text.replaceAll('\r', '\n');
  const mail = lines.replace(/^\s+/, '').replace(/^>?From \S.*\n/, '');
  return Buffer.from(mail.split('\n', mostLines).join('\n'), 'latin1');
}

function openParsed(email: Email): OpenedMail {
  const all = email.headers;
  const headers = (name: string) => all.filter(({ key }) => key === name).map(({ value }) => value.trim());
  return {
    header: (name) => headers(name)[0],
    headers,
    subject: email.subject ?? '',
    from: (email.from?.address ?? '').toLowerCase(),
    text: textIn(email).replaceAll('\r\n', '\n'),
    parts: email.attachments.map(({ mimeType, content }) => ({
      type: mimeType.toLowerCase(),
      text: decode(content).replaceAll('\r\n', '\n'),
    })),
  };
}

function openAsText(bytes: Buffer): OpenedMail {
  const text = bytes.toString('latin1').replaceAll('\r\n', '\n');
  const end = text.indexOf('\n\n');
  const fields = fieldsOf(text.slice(0, end === -1 ? undefined : end));
  const headers = (name: string) => fields.filter(([key]) => key === name).map(([, value]) => value);
  const [from = ''] = headers('from');
  return {
    header: (name) => headers(name)[0],
    headers,
    subject: headers('subject')[0] ?? '',
    from: (/[^\s<>"]+@[^\s<>"]+/.exec(from)?.[0] ?? '').toLowerCase(),
    text: end === -1 ? '' : text.slice(end + 2),
    parts: [],
  };
}

function decode(content: ArrayBuffer | Uint8Array | string): string {
  if (typeof content === 'string') return content;
  const bytes = Buffer.from(content instanceof ArrayBuffer ? new Uint8Array(content) : content);
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') ? bytes.toString('latin1') : text;
}

/** The text parts. Some servers mark their words as an attachment. */
function textIn({ text, html, attachments }: Email): string {
  if (text !== undefined && text.trim() !== '') return text;
  if (html !== undefined) return textOfHtml(html);
  const attached = attachments.find(({ mimeType }) => /^text\/plain$/i.test(mimeType));
  return attached === undefined ? '' : decode(attached.content);
}

/** Deeper elements are left out: hostile HTML would take long. */
const textOfHtml = (html: string): string =>
  convert(html, {
    wordwrap: false,
    limits: { maxInputLength: mostBytes, maxDepth: 40 },
    selectors: [
      { selector: 'a', options: { ignoreHref: true } },
      { selector: 'img', format: 'skip' },
    ],
  });
