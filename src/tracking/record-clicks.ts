// Clicks wait in memory and are written in lots, so that a redirect waits for no write.
//
// The memory is bounded. Clicks that find no room, or that cannot be written, are dropped and counted: links work
// all the same.
import type { Db } from '../db.js';
import type { Log } from '../log.js';
import * as store from './store.js';

export interface ClickRecorder {
  /** Never throws. */
  record(click: store.NewClick): void;
  /** How many clicks were lost since the start. */
  dropped(): number;
  /** Writes the clicks that wait now. Never throws. */
  flush(): Promise<void>;
  /** Writes the last clicks. */
  close(): Promise<void>;
}

const lot = 1_000;
const room = 20_000;
/** Milliseconds. */
const writeEvery = 1_000;

export function openClickRecorder({ db, log }: { db: Db; log: Log }, { atMost = room } = {}): ClickRecorder {
  const waiting: store.NewClick[] = [];
  let dropped = 0;
  let writing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const clicks = waiting.splice(0, lot);
      try {
        await store.writeClicks(db, clicks);
      } catch (err) {
        dropped += clicks.length;
        log.warn({ err, clicks: clicks.length }, 'tracking: clicks could not be written');
      }
    }
  }
  const flush = (): Promise<void> => (writing ??= writeAll().finally(() => (writing = undefined)));
  const timer = setInterval(() => void flush(), writeEvery).unref();

  return {
    record(click) {
      if (waiting.length >= atMost) dropped += 1;
      else waiting.push(click);
    },
    dropped: () => dropped,
    flush,
    async close() {
      clearInterval(timer);
      await flush();
      // Clicks may have come in behind the last lot.
      await flush();
    },
  };
}
