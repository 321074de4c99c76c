// Reads a mailbox for as long as this process runs, while no other process of the installation does:
//
//   1. hold the lease of the mailbox, and renew it
//   2. connect, and take all mails that lie in the folder
//   3. look again when the server tells of new mail (IDLE), and each minute
//   4. a connection that worked and ended is opened again at once. After a failure the next try comes later and later
import { mailboxName, unknownFolder, type FeedbackMailbox } from '../../config/feedback-mailbox.js';
import { minute, second } from '../../durations.js';
import { inEnglish } from '../../languages/translate.js';
import { retryDelay } from '../../retry.js';
import { FolderError, openFolder, type OpenFolder } from './imap-folder.js';
import { endLease, leaseMailbox, recordMailboxFailure, recordMailboxLook } from '../store-mailboxes.js';
import { takeFolder, type TakeFolderDeps } from './take-folder.js';
import { mailboxTrouble } from './trouble.js';

export interface MailboxReaderDeps extends Omit<TakeFolderDeps, 'stopping'> {
  now: () => Date;
  random: () => number;
  /** Names this process in the lease. */
  reader: string;
  /** Milliseconds: how often the lease is renewed, and how often the folder is looked at. */
  pace?: { renew: number; look: number };
}

export interface MailboxReader {
  /** Resolves when nothing is under way. */
  close(): Promise<void>;
}

export function openMailboxReader(deps: MailboxReaderDeps, mailbox: FeedbackMailbox): MailboxReader {
  const { db, log, now, reader, pace = { renew: 15 * second, look: minute } } = deps;
  const name = mailboxName(mailbox);
  const folders = { mailbox: name, understood: mailbox.move, unknown: unknownFolder };
  const rest = pauses();
  let isStopping = false;
  let open: OpenFolder | undefined;

  /** Reads until another process holds the lease. Throws FolderError when the server ends it. */
  async function read(turn: Turn): Promise<void> {
    let lookAt = 0;
    while (!isStopping) {
      const lease = await leaseMailbox(db, { mailbox: name, reader, now: now() });
      if (lease === undefined) return;
      turn.failures = lease.failures;
      open ??= await openFolder(mailbox);
      if (performance.now() >= lookAt) {
        lookAt = performance.now() + pace.look;
        await takeFolder({ ...deps, stopping: () => isStopping }, open, folders, { all: !turn.hasRead });
        await recordMailboxLook(db, { mailbox: name, now: now() });
        if (!turn.hasRead) log.info({ mailbox: name }, 'feedback: the mailbox is read');
        turn.hasRead = true;
      }
      if (await open.news(pace.renew)) lookAt = 0;
      const ended = open.ended();
      if (ended !== undefined) throw new FolderError(ended);
    }
  }

  async function takeTurn(): Promise<void> {
    const turn: Turn = { failures: 0, hasRead: false };
    try {
      await read(turn);
    } catch (error) {
      if (isStopping) return;
      if (!(error instanceof FolderError)) throw error;
      await recordTrouble(deps, mailbox, turn, error.cause);
    } finally {
      open?.close();
      open = undefined;
    }
  }

  async function readOn(): Promise<void> {
    while (!isStopping) {
      await takeTurn().catch((err: unknown) => log.warn({ err }, 'feedback: the mailbox waits'));
      if (!isStopping) await rest.pause(pace.renew);
    }
    await endLease(db, { mailbox: name, reader }).catch(() => undefined);
  }
  const running = readOn();

  return {
    async close() {
      isStopping = true;
      rest.end();
      open?.close();
      await running;
    },
  };
}

/** From one connection to its end. */
interface Turn {
  /** How often the mailbox could not be read before. */
  failures: number;
  hasRead: boolean;
}

/** Says it in the log and in the mailbox's row, with the time of the next try. */
async function recordTrouble(
  { db, log, now, random }: MailboxReaderDeps,
  mailbox: FeedbackMailbox,
  { failures, hasRead }: Turn,
  cause: unknown,
): Promise<void> {
  const name = mailboxName(mailbox);
  const problem = mailboxTrouble(mailbox, cause);
  const wait = hasRead ? 0 : delayAfter(failures + 1, cause, random());
  log.warn(
    { mailbox: name, problem: inEnglish(problem), nextTrySeconds: Math.round(wait / second) },
    'feedback: the mailbox cannot be read',
  );
  const dueAt = new Date(now().getTime() + wait);
  await recordMailboxFailure(db, { mailbox: name, problem, now: now(), dueAt });
}

/** A refused password does not mend itself. A server that is away comes back: the delay stays after the second failure. */
function delayAfter(failures: number, cause: unknown, random: number): number {
  const isRefused = (cause as { authenticationFailed?: boolean } | undefined)?.authenticationFailed === true;
  return retryDelay(isRefused ? failures : Math.min(failures, 2), random);
}

/** Pauses, of which the last may end early. */
function pauses(): { pause(ms: number): Promise<void>; end(): void } {
  let wake = (): void => undefined;
  return {
    pause: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    end: () => wake(),
  };
}
