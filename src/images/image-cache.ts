// Images that were made ready, kept in a folder of DATA_DIR. Several processes may share it: files are written whole and
// renamed into place, and whoever finds the folder too large removes the oldest.
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';

export interface ImageCache {
  /** Undefined: it is not there. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Never throws: a full disk costs time, and no image. `false`: not kept. */
  write(name: string, bytes: Uint8Array): Promise<boolean>;
}

export function openImageCache(folder: string, { bytesAtMost }: { bytesAtMost: number }): ImageCache {
  // The folder is looked through when a tenth of it may be new, and at the first write of a process.
  let written = Infinity;

  async function makeRoom(): Promise<void> {
    const files = await Promise.all(
      (await readdir(folder)).map(async (name) => {
        const file = path.join(folder, name);
        const { size, mtimeMs } = await stat(file).catch(() => ({ size: 0, mtimeMs: 0 }));
        return { file, size, mtimeMs };
      }),
    );
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const { file, size } of files.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (bytes <= bytesAtMost * 0.9) break;
      await rm(file, { force: true });
      bytes -= size;
    }
  }

  return {
    read: (name) => readFile(path.join(folder, name)).catch(() => undefined),
    async write(name, bytes) {
      const draft = path.join(folder, `${name}.${randomBytes(6).toString('hex')}`);
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(draft, bytes);
        await rename(draft, path.join(folder, name));
        written += bytes.length;
        if (written > bytesAtMost * 0.1) {
          written = 0;
          await makeRoom();
        }
        return true;
      } catch {
        await rm(draft, { force: true }).catch(() => undefined);
        return false;
      }
    },
  };
}
