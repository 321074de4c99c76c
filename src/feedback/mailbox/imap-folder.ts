// The IMAP connection to the folder that mail comes back to. The only importer of imapflow.
import type { ImapFlow } from 'imapflow';
import { unknownFolder, type FeedbackMailbox } from '../../config/feedback-mailbox.js';
import { second } from '../../durations.js';

export interface FolderMail {
  uid: number;
  /** Its first megabyte. */
  raw: Buffer;
}

/** The server refuses something or is away; the cause says which. */
export class FolderError extends Error {
  override name = 'FolderError';
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What reading the folder needs of a connection. Each method throws FolderError. */
export interface MailFolder {
  /** A new value: the server gave all mails other UIDs. */
  uidValidity: bigint;
  /** In ascending order. */
  uidsFrom(first: number): Promise<number[]>;
  read(uids: readonly number[]): AsyncIterable<FolderMail>;
  move(uids: readonly number[], folder: string): Promise<void>;
}

export interface OpenFolder extends MailFolder {
  /** TLS protects the connection. */
  encrypted: boolean;
  /** Mails in the folder. */
  count: number;
  /** Resolves with true when mail may have come in or the connection has ended, and after `wait` milliseconds with false. */
  news(wait: number): Promise<boolean>;
  /** The reason why the connection has ended. */
  ended(): Error | undefined;
  close(): void;
}

/** Octets of a mail that are read. A bounce has its report before this. */
const mostOctets = 1_048_576;
/** Octets of an answer of the server: a hostile server must not fill the memory. */
const mostOfAnswer = 67_108_864;

/** Signs in and opens the folder. Makes the folders for moved mails, unless they exist. Throws FolderError. */
export async function openFolder(mailbox: FeedbackMailbox): Promise<OpenFolder> {
  // Loaded when a mailbox is read: it takes 0.4 s, and no other command of the command line needs it.
  const { ImapFlow: Client } = await import('imapflow');
  const client = new Client({
    host: mailbox.host,
    port: mailbox.port,
    secure: mailbox.secure,
    ...(mailbox.secure ? {} : { doSTARTTLS: mailbox.tls === 'required' }),
    ...(mailbox.tlsName === undefined ? {} : { servername: mailbox.tlsName }),
    auth: { user: mailbox.user, pass: mailbox.pass },
    logger: false,
    connectionTimeout: 20 * second,
    greetingTimeout: 15 * second,
    // A dead connection is found by the look of each minute.
    socketTimeout: 90 * second,
    autoIdleDelay: 200,
    maxLineLength: mostOfAnswer,
    maxLiteralSize: 2 * mostOctets,
    maxResponseSize: mostOfAnswer,
  });
  const watch = watchConnection(client);
  try {
    await client.connect();
    for (const folder of [mailbox.move, unknownFolder]) await makeFolder(client, folder);
    const { uidValidity, exists } = await client.mailboxOpen(mailbox.folder);
    return {
      ...methodsOf(client),
      ...watch,
      uidValidity,
      count: exists,
      encrypted: client.secureConnection,
      close: () => client.close(),
    };
  } catch (error) {
    client.close();
    throw new FolderError(error);
  }
}

/** Servers answer "NO" to making a folder that exists, each in other words. */
async function makeFolder(client: ImapFlow, folder: string): Promise<void> {
  const known = await client.status(folder, { messages: true }).catch(() => false as const);
  if (known === false) await client.mailboxCreate(folder);
}

function methodsOf(client: ImapFlow): Omit<MailFolder, 'uidValidity'> {
  return {
    uidsFrom: (first) =>
      told(async () => {
        const uids = await client.search({ uid: `${first}:*` }, { uid: true });
        if (!Array.isArray(uids)) throw new Error('the server did not list the mails');
        // RFC 3501 section 6.4.8: "*" is the last mail, also below `first`.
        return uids.filter((uid) => uid >= first).toSorted((one, other) => one - other);
      }),
    async *read(uids) {
      const wanted = { uid: true, source: { start: 0, maxLength: mostOctets } };
      const mails = client.fetch([...uids], wanted, { uid: true });
      for (;;) {
        const next = await told(() => mails.next());
        if (next.done === true) return;
        yield { uid: next.value.uid, raw: next.value.source ?? Buffer.alloc(0) };
      }
    },
    move: (uids, folder) =>
      told(async () => {
        const moved = await client.messageMove([...uids], folder, { uid: true });
        if (moved === false) throw new Error(`the server did not move mails to ${folder}`);
      }),
  };
}

async function told<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw new FolderError(error);
  }
}

function watchConnection(client: ImapFlow): Pick<OpenFolder, 'news' | 'ended'> {
  let failure: Error | undefined;
  let hasNews = false;
  let wake = (): void => undefined;
  const call = (): void => {
    hasNews = true;
    wake();
  };
  client.on('exists', call);
  client.on('error', (error) => {
    failure ??= error;
    call();
  });
  client.on('close', () => {
    failure ??= new Error('the server closed the connection');
    call();
  });
  return {
    ended: () => failure,
    async news(wait) {
      if (!hasNews)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, wait);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      const had = hasNews;
      hasNews = false;
      return had;
    },
  };
}
