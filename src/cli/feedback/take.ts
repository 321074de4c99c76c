// feedback take: hands mails that came back to the inbox. A mail server runs it for each mail (a pipe, a transport or
// .forward), so its exit status is 75 for "try again later" (sysexits.h), and never one that bounces the mail.
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { putFeedback } from '../../feedback/put.js';
import { readLimited } from '../../feedback/read-limited.js';
import { text, UsageError, type Command, type CommandCall } from '../command.js';
import { withContext, type Context } from '../context.js';

/** EX_TEMPFAIL: the mail server keeps the mail, and tries again. */
const tryLater = 75;

interface Taken {
  taken: number;
  /** Came in before. */
  known: number;
}

export const takeCommand: Command = {
  name: 'feedback take',
  summary: 'Take in mails that came back: one from the standard input, or those of files or of a Maildir',
  args: '[file...]',
  options: {
    recipient: { value: 'ADDRESS', help: "the envelope's recipient, if the mail's headers do not name it" },
    maildir: {
      value: 'DIR',
      help: 'take the new mails of this Maildir, and move each to cur',
      conflicts: 'file',
    },
    file: { value: 'FILE', help: 'take this file, and those that follow it', conflicts: 'maildir' },
  },
  async run(call) {
    const file = text(call, 'file');
    if (file === undefined && call.args.length > 0) throw new UsageError('Name files after --file.');
    try {
      const counts: Taken = { taken: 0, known: 0 };
      await withContext((context) => takeAll(context, call, counts));
      call.out.result(counts, `${counts.taken} taken, ${counts.known} known from before`);
      return 0;
    } catch (error) {
      call.out.note(
        `The mail is not taken, try again later: ${error instanceof Error ? error.message : String(error)}`,
      );
      return tryLater;
    }
  },
};

async function takeAll(context: Context, call: CommandCall, counts: Taken): Promise<void> {
  const recipient = text(call, 'recipient');
  const put = async (raw: Buffer): Promise<void> => {
    if (raw.length === 0) return;
    counts[await putFeedback(context, { raw, source: 'command', recipient })] += 1;
  };
  const file = text(call, 'file');
  const maildir = text(call, 'maildir');
  if (maildir !== undefined) return takeMaildir(maildir, put);
  if (file === undefined) return put(await readLimited(process.stdin));
  for (const one of [file, ...call.args]) await put(await readLimited(createReadStream(one)));
}

/** A mail stays in `new` until it is stored. ":2,S": seen, as Maildir has it. */
async function takeMaildir(folder: string, put: (raw: Buffer) => Promise<void>): Promise<void> {
  await mkdir(path.join(folder, 'cur'), { recursive: true });
  for (const name of (await readdir(path.join(folder, 'new'))).toSorted()) {
    const from = path.join(folder, 'new', name);
    await put(await readLimited(createReadStream(from)));
    await rename(from, path.join(folder, 'cur', `${name.replace(/:.*$/, '')}:2,S`));
  }
}
