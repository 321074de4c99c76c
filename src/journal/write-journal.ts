// The journal of one worker process: what it began to hand over, and how that ended.
//
// The database knows only that a lot was claimed. If the worker is killed, the journal tells the deliveries of
// that lot apart: not begun, answered, or in flight (read-journal.ts).
//
//   1. before a relay can accept any of a message's text, a line says so
//   2. each answer gets a line
//   3. when the ends of a lot are in the database, its lines are dropped
//
// Nothing is synced to the disk. The operating system keeps the lines when the process dies. When the machine
// dies the lines may be lost, and the mark's boot id then makes the whole journal void.
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { Log } from '../log.js';
import { bootId, folderOf, lotFileOf, markOf, removeJournal, socketOf } from './folder.js';
import { beganLine, endedLine, markText, type Attempt, type JournalEnd } from './read-journal.js';

/** The lines of the lot that one batch has under way. */
export interface LotJournal {
  /** Drops the lines of the lot before. Call it when the ends of that lot are in the database. */
  nextLot(): void;
  /** Await it before the relay can accept any of the text. False: the text must not be sent. */
  began(attempt: Attempt): Promise<boolean>;
  ended(end: JournalEnd): void;
  close(): void;
}

export interface Journal {
  openLot(): LotJournal;
  /** Removes the journal: every end is in the database. */
  close(): void;
}

/** For a process without a journal: a death then leaves its whole lot uncertain. */
export const noJournal: Journal = {
  openLot: () => ({ nextLot() {}, began: () => Promise.resolve(true), ended() {}, close() {} }),
  close() {},
};

interface Options {
  dataDir: string;
  /** Identifies the process for as long as its row among the workers exists. */
  instance: string;
  log: Log;
}

/** Opens the journal of this process. Without one (no Linux, a read-only DATA_DIR), returns `noJournal`. */
export async function openJournal({ dataDir, instance, log }: Options): Promise<Journal> {
  const boot = bootId();
  if (boot === undefined) return noJournal;
  const folder = folderOf(dataDir, instance);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const server = await listen(socketOf(folder));
    writeFileSync(markOf(folder), markText({ instance, boot }), { mode: 0o600 });
    return new FileJournal(folder, server, log);
  } catch (err) {
    log.warn({ err }, 'journal: none is kept; after a kill, every delivery of a lot is uncertain');
    removeJournal(folder);
    return noJournal;
  }
}

function listen(socket: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((caller) => caller.destroy());
    server.once('error', reject);
    server.listen(socket, () => resolve(server.unref()));
  });
}

class FileJournal implements Journal {
  readonly #folder: string;
  readonly #server: Server;
  readonly #log: Log;
  /** Files of batches that have ended, for the next ones. */
  readonly #free: LotFile[] = [];
  readonly #all: LotFile[] = [];
  #isVoid = false;

  constructor(folder: string, server: Server, log: Log) {
    this.#folder = folder;
    this.#server = server;
    this.#log = log;
  }

  openLot(): LotJournal {
    return this.#free.pop() ?? this.#openFile();
  }

  close(): void {
    for (const file of this.#all) file.end();
    this.#server.close();
    removeJournal(this.#folder);
  }

  #openFile(): LotFile {
    const file = new LotFile(lotFileOf(this.#folder, this.#all.length), {
      makeVoid: (error) => this.#makeVoid(error),
      giveBack: () => this.#free.push(file),
    });
    this.#all.push(file);
    return file;
  }

  /**
   * A line is missing (the disk is full), so nothing that the journal says can be trusted. Returns false if the
   * journal cannot even be removed: what is begun now would count as not begun.
   */
  #makeVoid(err: unknown): boolean {
    if (this.#isVoid) return true;
    try {
      rmSync(markOf(this.#folder), { force: true });
    } catch {
      return false;
    }
    this.#isVoid = true;
    this.#log.warn({ err }, 'journal: cannot be written; after a kill, every delivery of a lot is uncertain');
    return true;
  }
}

interface LotFileOptions {
  /** Returns whether the process may go on without a journal. */
  makeVoid: (error: unknown) => boolean;
  giveBack: () => void;
}

class LotFile implements LotJournal {
  readonly #path: string;
  readonly #makeVoid: (error: unknown) => boolean;
  readonly #giveBack: () => void;
  #file: number | undefined;
  /** Lines of this turn of the event loop. They go out together: a call of the system costs more than a line. */
  #waiting = '';
  #writing: Promise<boolean> | undefined;

  constructor(path: string, { makeVoid, giveBack }: LotFileOptions) {
    this.#path = path;
    this.#makeVoid = makeVoid;
    this.#giveBack = giveBack;
  }

  nextLot(): void {
    this.#waiting = '';
    const file = this.#file;
    if (file !== undefined) this.#try(() => ftruncateSync(file));
  }

  began(attempt: Attempt): Promise<boolean> {
    return this.#add(beganLine(attempt));
  }

  ended(end: JournalEnd): void {
    void this.#add(endedLine(end));
  }

  close(): void {
    this.nextLot();
    this.#giveBack();
  }

  end(): void {
    this.#waiting = '';
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #add(line: string): Promise<boolean> {
    this.#waiting += line;
    this.#writing ??= new Promise((resolve) => setImmediate(() => resolve(this.#write())));
    return this.#writing;
  }

  #write(): boolean {
    const text = this.#waiting;
    this.#waiting = '';
    this.#writing = undefined;
    return text === '' || this.#try(() => this.#append(text));
  }

  #append(text: string): void {
    this.#file ??= openSync(this.#path, 'a', 0o600);
    const written = writeSync(this.#file, text);
    // The reader treats the half of a line as a torn file.
    if (written < Buffer.byteLength(text)) throw new Error('the disk took only a part of a line');
  }

  #try(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      return this.#makeVoid(error);
    }
  }
}
