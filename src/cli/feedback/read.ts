// feedback read: says what mails that came back are, and changes nothing.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readConfig } from '../../config/environment.js';
import { secretKeysOf } from '../../embedded/secret-key.js';
import { condense } from '../../feedback/condense.js';
import { findOrigin, originKeys, type OriginKeys } from '../../feedback/find-origin.js';
import { readMail, type ReadMail } from '../../feedback/read-mail.js';
import { keyRings } from '../../keys/key-rings.js';
import type { Command } from '../command.js';

interface ReadFile extends Pick<ReadMail, 'kind'> {
  file: string;
  recipients: { address: string; kind: string; status: string | null; code: number | null }[];
  /** "issue-subscriber"; null: the mail names no delivery of ours. */
  delivery: string | null;
}

export const readCommand: Command = {
  name: 'feedback read',
  summary: 'Say what mails that came back are: bounces, complaints, automatic replies. Changes nothing',
  args: '<file...>',
  options: {},
  async run({ args, out }) {
    const keys = await keysWithoutDatabase();
    let failed = 0;
    for (const file of args) {
      const raw = await readFile(file).catch(
        (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unreadable',
      );
      if (typeof raw === 'string') {
        failed += 1;
        out.note(`${file}: cannot be read: ${raw}`);
        continue;
      }
      const read = await readOne(file, raw, keys);
      out.result(read, inWords(read));
    }
    return failed === 0 ? 0 : 1;
  },
};

async function readOne(file: string, raw: Buffer, keys: readonly OriginKeys[]): Promise<ReadFile> {
  const { mail, kind, recipients } = await readMail(condense(raw));
  const origins = keys.map((one) => findOrigin(one, mail, undefined));
  const origin = origins.find((one) => one?.kind === 'delivery');
  return {
    file,
    kind,
    recipients: recipients.map(({ words: _, ...recipient }) => recipient),
    delivery: origin?.kind === 'delivery' ? `${origin.issueId}-${origin.subscriberId}` : null,
  };
}

/** The database knows the ids of the keys. Without it, each key is tried under each id that it may have. */
async function keysWithoutDatabase(): Promise<OriginKeys[]> {
  const { secretKey, previousKeys, dataDir } = readConfig();
  const kept = existsSync(path.join(dataDir, 'secret-key')) ? await secretKeysOf(dataDir) : [];
  const given = secretKey === undefined ? kept : [secretKey];
  return keyRings([...given, ...previousKeys]).map(originKeys);
}

function inWords({ file, kind, recipients, delivery }: ReadFile): string {
  const about = recipients.map(({ address, status, code }) =>
    [address, code, status].filter((part) => part !== null && part !== '').join(' '),
  );
  return [`${file}: ${kind}`, ...about, ...(delivery === null ? [] : [`delivery ${delivery}`])].join(', ');
}
