// A witness that all machines share: the database's last beat, stored beside the queue.
import { z } from 'zod';
import type { Notes } from '../bullmq/backend.js';
import type { Witness } from './lifeline.js';

const note = z.object({ beat: z.number(), at: z.coerce.date() });

export function beatNote(notes: Notes): Witness {
  return {
    async read(databaseId) {
      const text = await notes.read(`last-beat:${databaseId}`);
      return text === null ? undefined : { ...note.parse(JSON.parse(text)), copied: false };
    },
    write: (databaseId, mark) => notes.write(`last-beat:${databaseId}`, JSON.stringify(mark)),
  };
}
