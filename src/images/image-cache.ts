// Resized images, stored in a folder of DATA_DIR that several processes may share. Each file is written whole
// and renamed into place. A process that finds the folder too large removes the oldest files.
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';

export interface ImageCache {
  /** Undefined: the cache does not have it. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Never throws: with a full disk the image is served, but not stored. `false`: not stored. */
  write(name: string, bytes: Uint8Array): Promise<boolean>;
  /** Of all images that are stored. */
  names(): Promise<string[]>;
}

export function openImageCache(folder: string, { bytesAtMost }: { bytesAtMost: number }): ImageCache {
  // The folder is measured at the first write of a process, and after each tenth of its size.
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
    // A draft has a second dot.
    names: async () =>
      (await readdir(folder).catch(() => [])).filter((name) => !/\..*\./.test(name)).toSorted(),
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
