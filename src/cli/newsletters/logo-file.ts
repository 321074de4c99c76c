// A logo that is given as a file.
import { open } from 'node:fs/promises';
import { recordAudit } from '../../accounts/audit.js';
import type { Logo } from '../../images/measure-logo.js';
import { logoBytesAtMost } from '../../images/read-logo.js';
import { uploadLogo } from '../../images/upload-logo.js';
import { inEnglish } from '../../languages/translate.js';
import { CommandError, UsageError, type CommandCall } from '../command.js';
import { theNewsletter, type Context } from '../context.js';

/** The file that the option names; undefined: it names an address, or none. "./none" is a file. */
export const logoFileOf = (given: string | undefined): string | undefined =>
  given === undefined || given === 'none' || /^[a-z][\w+.-]*:\/\//i.test(given.trim()) ? undefined : given;

/** At most one byte more than the limit. */
async function readBytes(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const bytes = Buffer.alloc(logoBytesAtMost + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, null);
        length += bytesRead;
        if (bytesRead === 0 || length === bytes.length) return bytes.subarray(0, length);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new UsageError(`--logo: cannot read ${file}: ${(error as Error).message}`);
  }
}

/** Stores the file for the newsletter of the call. Throws CommandError if it cannot be a logo. */
export async function takeLogo(context: Context, call: CommandCall, file: string): Promise<Logo> {
  const { id } = await theNewsletter(context.db, call);
  const uploaded = await uploadLogo(context, await readBytes(file));
  if (!uploaded.ok) throw new CommandError(`logo-${uploaded.code}`, `${file}: ${inEnglish(uploaded.reason)}`);
  await recordAudit(context, {
    actor: { kind: 'cli', role: 'owner' },
    action: 'newsletter.upload-logo',
    subject: `newsletter:${id}`,
  });
  return uploaded.logo;
}
