// The file of a form that may become a logo: the pages of the look and of the first run have one.
import type { Response } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { logoBytesAtMost } from '../images/read-logo.js';
import { uploadLogo, type UploadedLogo } from '../images/upload-logo.js';
import type { ConsoleDeps } from './deps.js';
import { actorOf } from './session.js';
import { readSmallUpload, smallFileOf } from './upload.js';

export const logoFile = readSmallUpload(logoBytesAtMost);

/** Stores the file, and records that in the audit log. Undefined: no file was chosen. */
export async function takeLogoFile(
  deps: ConsoleDeps,
  res: Response,
  subject?: string,
): Promise<UploadedLogo | undefined> {
  const file = smallFileOf(res);
  if (file === undefined) return undefined;
  const uploaded = await uploadLogo(deps, file.bytes);
  if (uploaded.ok)
    await recordAudit(deps, { actor: actorOf(res), action: 'newsletter.upload-logo', subject });
  return uploaded;
}
