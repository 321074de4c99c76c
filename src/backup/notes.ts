// What a backup says of itself, in the order of the file:
//
// 1. a manifest
// 2. for each table: its name and columns, then its rows as data
// 3. for each image: its name, then its octets
// 4. the end, with the number of rows of each table
import { z } from 'zod';
import { BackupError } from './frames.js';

const formatName = 'daily-digest-backup';
const formatVersion = 1;

const manifestSchema = z.object({
  format: z.literal(formatName),
  version: z.number(),
  createdAt: z.iso.datetime(),
  /** The migrations of the database. */
  migrations: z.array(z.string()),
  /** Of the SECRET_KEY that the database knows, in hex; null: it was never used. */
  fingerprint: z.string().nullable(),
  /** SECRET_KEY and its predecessors, sealed by a passphrase (seal-keys.ts), in base64; null: left out. */
  sealedKeys: z.string().nullable(),
  sequences: z.array(z.object({ name: z.string(), value: z.string() })),
});
export type Manifest = z.infer<typeof manifestSchema>;

const tableSchema = z.object({ table: z.string(), columns: z.array(z.string()) });
/** A plain name: an image is written into one folder, and nowhere else. */
const imageSchema = z.object({ image: z.string().regex(/^[\w-][\w.-]*$/) });
const endSchema = z.object({ end: z.literal(true), rows: z.record(z.string(), z.number()) });

const sectionSchema = z.union([tableSchema, imageSchema, endSchema]);
export type Section = z.infer<typeof sectionSchema>;

export const manifestOf = (manifest: Omit<Manifest, 'format' | 'version'>): Manifest => ({
  format: formatName,
  version: formatVersion,
  ...manifest,
});

export function readManifest(note: unknown): Manifest {
  const { success, data } = manifestSchema.safeParse(note);
  if (!success) throw new BackupError('is no backup of Daily Digest');
  if (data.version > formatVersion)
    throw new BackupError('comes from a newer version of Daily Digest: restore it with that version');
  return data;
}

export function readSection(note: unknown): Section {
  const { success, data } = sectionSchema.safeParse(note);
  if (!success) throw new BackupError('is damaged: it has a part that no backup has');
  return data;
}
