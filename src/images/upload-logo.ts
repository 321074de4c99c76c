// Stores a file that a publisher uploaded as a logo (src/newsletters/uploaded-logos.ts).
import type { Db } from '../db.js';
import type { Message } from '../languages/messages.js';
import { storeLogo } from '../newsletters/uploaded-logos.js';
import type { Logo } from './measure-logo.js';
import { readLogo, type LogoFault, type LogoFile } from './read-logo.js';

export interface UploadLogoDeps {
  db: Db;
  now: () => Date;
  baseUrl: string;
}

export type UploadedLogo =
  { ok: true; logo: Logo; picture: LogoFile['picture'] } | { ok: false; code: LogoFault; reason: Message };

/** The stored logo with its size in a mail, or why the file cannot be one. No look has it yet. */
export async function uploadLogo(deps: UploadLogoDeps, bytes: Buffer): Promise<UploadedLogo> {
  const read = readLogo(bytes);
  if (!read.ok) return read;
  const { inMail, picture } = read.logo;
  const path = await storeLogo(deps, read.logo);
  return { ok: true, logo: { url: `${deps.baseUrl}${path}`, ...inMail }, picture };
}
