// keys: shows which SECRET_KEY signs, and which former ones are still read.
import { listKeys, type KeyState } from '../keys/open-keys.js';
import type { Command } from './command.js';
import { withContext } from './context.js';
import { table } from './output.js';

const words: Record<KeyState['state'], string> = {
  current: 'signs and is read',
  read: 'is read',
  unread: 'is not set: its links do not work',
};

export const keysCommand: Command = {
  name: 'keys',
  summary: 'Show which SECRET_KEY signs links, and which former keys are still read',
  options: {},
  async run({ out }) {
    const { keys, unknown } = await withContext(({ db, config }) => listKeys(db, config), { anyKey: true });
    const rows = keys.map((key) => [
      String(key.id),
      key.fingerprint,
      key.firstUsedAt.toISOString().slice(0, 10),
      key.state === 'unread' && key.replacedAt === null
        ? 'is the current key, and is not set: nothing starts'
        : words[key.state],
    ]);
    out.result({ keys, unknown }, [
      ...table([['id', 'fingerprint', 'since', 'state'], ...rows]),
      ...unknown.map((fingerprint) => `The database does not know the key ${fingerprint} that is set.`),
    ]);
    return keys.some(({ state }) => state === 'current') ? 0 : 1;
  },
};
