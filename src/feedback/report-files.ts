// Mail to dmarc@: the files of its reports.
import PostalMime from 'postal-mime';

/** Bytes of such a mail that are kept and read. */
export const mostOfReport = 1_048_576;

const role = /(?:^|[\s<,"])dmarc@/i;

/** To the role address, as the envelope says; without it, as the headers do. */
export function isForReports(recipient: string | undefined, raw: Uint8Array): boolean {
  if (recipient !== undefined) return role.test(recipient);
  const text = Buffer.from(raw.subarray(0, 65_536)).toString('latin1');
  const end = text.search(/\r?\n\r?\n|\r\r/);
  const headers = (end === -1 ? text : text.slice(0, end)).replaceAll(/\r?\n[ \t]+/g, ' ');
  return [...headers.matchAll(/^(?:delivered-to|x-original-to|envelope-to|to):(.*)$/gim)].some(([, value]) =>
    role.test(value ?? ''),
  );
}

/** Everything that is no text for people. Some receivers send the document as the mail's only part. */
export async function reportFiles(raw: Uint8Array): Promise<Uint8Array[]> {
  const mail = await PostalMime.parse(raw, {
    maxNestingDepth: 10,
    maxHeadersSize: 131_072,
    attachmentEncoding: 'arraybuffer',
  }).catch(() => undefined);
  const attached = (mail?.attachments ?? []).map(({ content }) =>
    typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content),
  );
  const text = mail?.text?.trim() ?? '';
  return attached.length === 0 && /^[<{]/.test(text) ? [Buffer.from(text)] : attached;
}
