// backup FILE, and restore FILE.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { BackupError } from '../../backup/frames.js';
import type { Manifest } from '../../backup/notes.js';
import { openBackup, type OpenBackup } from '../../backup/read-backup.js';
import { mayRestore, restoreBackup, type NotRestored } from '../../backup/restore-backup.js';
import { unsealKeys } from '../../backup/seal-keys.js';
import { writeBackup } from '../../backup/write-backup.js';
import { readConfig, shortestPassphrase, type Config } from '../../config/environment.js';
import { migrateSupplied } from '../../embedded/migrate-supplied.js';
import { hasSecretKeys, restoreSecretKeys, secretKeysOf } from '../../embedded/secret-key.js';
import { supply } from '../../embedded/supply.js';
import { openImageCache, type ImageCache } from '../../images/image-cache.js';
import { keyFingerprint, shownFingerprint } from '../../keys/open-keys.js';
import { knownMigrations } from '../../migrate.js';
import { CommandError, flag, text, UsageError, type Command, type CommandCall } from '../command.js';
import { commandLog, withContext } from '../context.js';

const passphraseOption = {
  'passphrase-file': {
    value: 'FILE',
    help: 'the file of the passphrase that seals SECRET_KEY (default: BACKUP_PASSPHRASE)',
  },
};

const imagesOf = ({ imageCache: { folder, megabytes } }: Pick<Config, 'imageCache'>): ImageCache =>
  openImageCache(folder, { bytesAtMost: megabytes * 1_000_000 });

/** Undefined: none is given. */
function passphraseOf(call: CommandCall, config: Pick<Config, 'backupPassphrase'>): string | undefined {
  const file = text(call, 'passphrase-file');
  if (file === undefined) return config.backupPassphrase;
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  const passphrase = readFileSync(file, 'utf8').trim();
  if (passphrase.length < shortestPassphrase)
    throw new UsageError(`The passphrase in ${file} must have ${shortestPassphrase} characters or more.`);
  return passphrase;
}

const megabytes = (octets: number): number => Math.round(octets / 1e6);
const number = (count: number): string => count.toLocaleString('en-US');
const sum = (rows: Record<string, number>): number => Object.values(rows).reduce((a, b) => a + b, 0);

export const backupCommand: Command = {
  name: 'backup',
  summary: 'Write the database, the images and the sealed keys to a file, while everything runs',
  args: '<file>',
  argsHelp: 'a new file',
  options: passphraseOption,
  async run(call) {
    const [file = ''] = call.args;
    if (existsSync(file)) throw new UsageError(`The file ${file} exists. Name a new one.`);
    const passphrase = passphraseOf(call, readConfig());
    const progress = call.out.progress('Backup (MB)');
    const written = await withContext(async ({ config, now }) =>
      writeBackup(
        {
          databaseUrl: config.directUrl ?? config.databaseUrl,
          images: imagesOf(config),
          now,
          onProgress: (done, total) => progress.update(megabytes(done), megabytes(total)),
        },
        {
          file,
          keys:
            passphrase === undefined
              ? undefined
              : { secret: [config.secretKey, ...config.previousKeys], passphrase },
        },
      ),
    ).finally(() => progress.end());
    if (passphrase === undefined)
      call.out.note(
        'SECRET_KEY is not in the backup, and without it nothing starts: keep it elsewhere, or set BACKUP_PASSPHRASE.',
      );
    const { rows, images, size } = written;
    call.out.result({ file, size, rows, images, keys: passphrase !== undefined }, [
      `${file}: ${number(sum(rows))} rows of ${Object.keys(rows).length} tables and ${number(images)} images, ` +
        `${(size / 1e6).toFixed(1)} MB, ${passphrase === undefined ? 'without SECRET_KEY' : 'with SECRET_KEY'}.`,
    ]);
    return 0;
  },
};

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'Restore a backup into an empty database',
  args: '<file>',
  argsHelp: 'a file that `backup` wrote',
  options: {
    ...passphraseOption,
    check: { help: 'only read the whole file, and say whether it is sound' },
  },
  async run(call) {
    const [file = ''] = call.args;
    if (!existsSync(file) || !statSync(file).isFile()) throw new UsageError(`There is no file ${file}.`);
    if (flag(call, 'check'))
      return withBackup(call, file, 'Check (MB)', (backup) => check(call, file, backup));
    // The checksum stands at the end of the file. What is damaged must not reach the database.
    const keys = await withBackup(call, file, 'Check (MB)', async ({ manifest, read }) => {
      await refuseNewer(file, manifest);
      const found = await keysFor(call, readConfig(), manifest);
      await read({});
      return found;
    });
    return withBackup(call, file, 'Restore (MB)', (backup) => restore(call, file, backup, keys));
  },
};

/** Opens the file for `work`, and shows how much of it is read. */
async function withBackup<T>(
  call: CommandCall,
  file: string,
  label: string,
  work: (backup: OpenBackup) => Promise<T>,
): Promise<T> {
  const progress = call.out.progress(label);
  const total = megabytes(statSync(file).size);
  let read = 0;
  try {
    const backup = await openBackup(file, (octets) => {
      read += octets;
      progress.update(megabytes(read), total);
    });
    return await work(backup).finally(() => backup.close());
  } catch (error) {
    if (error instanceof BackupError) throw new CommandError('damaged-backup', `${file} ${error.message}.`);
    throw error;
  } finally {
    progress.end();
  }
}

async function check(call: CommandCall, file: string, backup: OpenBackup): Promise<number> {
  const { createdAt, sealedKeys } = backup.manifest;
  const passphrase = passphraseOf(call, readConfig());
  if (sealedKeys !== null && passphrase !== undefined) openKeysOf(sealedKeys, passphrase);
  const { rows, images } = await backup.read({});
  call.out.result({ file, createdAt, rows, images, keys: sealedKeys !== null }, [
    `${file} is sound: ${createdAt}, ${number(sum(rows))} rows of ${Object.keys(rows).length} tables, ` +
      `${number(images)} images, ${sealedKeys === null ? 'without SECRET_KEY' : 'with SECRET_KEY'}.`,
  ]);
  return 0;
}

/** Throws CommandError if it is another passphrase. */
function openKeysOf(sealed: string, passphrase: string): string[] {
  const keys = unsealKeys(sealed, passphrase);
  if (keys === undefined)
    throw new CommandError('wrong-passphrase', 'This is not the passphrase that sealed SECRET_KEY.');
  return keys;
}

interface RestoredKeys {
  secretKey: string;
  previousKeys: string[];
}

/**
 * The keys of the backup, if DATA_DIR is to have them. Undefined: the key that is set, or that DATA_DIR holds, is the
 * backup's. Throws CommandError if it is another one: nothing would start.
 */
async function keysFor(
  call: CommandCall,
  config: Config,
  { fingerprint, sealedKeys }: Manifest,
): Promise<RestoredKeys | undefined> {
  if (fingerprint === null) return undefined;
  const passphrase = passphraseOf(call, config);
  const unsealed =
    sealedKeys === null || passphrase === undefined ? undefined : openKeysOf(sealedKeys, passphrase);
  const set =
    config.secretKey ?? (hasSecretKeys(config.dataDir) ? (await secretKeysOf(config.dataDir))[0] : undefined);
  const given = [set, ...config.previousKeys].filter((key) => key !== undefined);
  if (given.some((key) => keyFingerprint(key) === fingerprint)) return undefined;
  const [secretKey, ...previousKeys] = unsealed ?? [];
  if (secretKey !== undefined && config.secretKey === undefined) return { secretKey, previousKeys };
  throw new CommandError(
    'other-key',
    `The backup belongs to the SECRET_KEY with the fingerprint ${shownFingerprint(Buffer.from(fingerprint, 'hex'))}: ` +
      (config.secretKey === undefined
        ? `set it, or ${sealedKeys === null ? 'put it into DATA_DIR/secret-key' : 'give the passphrase that sealed it'}.`
        : 'set that one.'),
  );
}

function refusal(refused: NotRestored): CommandError {
  return refused.code === 'database-in-use'
    ? new CommandError(
        'database-in-use',
        'The database is not empty: restore into a new one, with another DATABASE_URL or DATA_DIR.',
      )
    : new CommandError(
        'workers-run',
        `${refused.workers} workers run on this database: stop them, and try again a minute later.`,
      );
}

async function refuseNewer(file: string, { migrations }: Manifest): Promise<void> {
  const known = await knownMigrations();
  const unknown = migrations.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new CommandError(
      'newer-backup',
      `${file} comes from a newer version of Daily Digest (it has the migration ${unknown}): restore it with that version.`,
    );
}

async function restore(
  call: CommandCall,
  file: string,
  backup: OpenBackup,
  keys: RestoredKeys | undefined,
): Promise<number> {
  const config = readConfig();
  const { manifest } = backup;
  const supplies = await supply({
    config: { ...config, ...keys },
    log: commandLog(config.logLevel),
    catcher: 'find',
  });
  try {
    // The backup's own schema first. What is newer migrates its rows.
    await migrateSupplied(supplies, { only: manifest.migrations });
    const databaseUrl = supplies.ownerUrl ?? supplies.config.directUrl ?? supplies.config.databaseUrl;
    const refused = await mayRestore(databaseUrl);
    if (refused) throw refusal(refused);
    if (keys !== undefined) restoreSecretKeys(config.dataDir, [keys.secretKey, ...keys.previousKeys]);
    const restored = await restoreBackup(backup, { databaseUrl, images: imagesOf(config) });
    if (!restored.ok) throw refusal(restored);
    await migrateSupplied(supplies);
    const { rows, images } = restored;
    call.out.result({ file, createdAt: manifest.createdAt, rows, images, keys: keys !== undefined }, [
      `Restored the state of ${manifest.createdAt}: ${number(sum(rows))} rows of ${Object.keys(rows).length} tables, ` +
        `${number(images)} images.`,
      'The next start holds all sending if mail may have gone out since: npx daily-digest sending status',
    ]);
    return 0;
  } finally {
    await supplies.stop();
  }
}
