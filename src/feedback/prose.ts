// Reads what a returned mail says in prose, without a delivery status report: which addresses failed, and in
// which words of a server. Pure.
import { copyBegins } from './automatic-rows.js';
import { judgeProse, type JudgedReply } from './judge.js';
import type { OpenedMail } from './open-mail.js';

export interface RecipientProse extends JudgedReply {
  address: string;
  /** The lines about this address. */
  words: string;
}

const address = /(?<![\w.+=-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z\d-]+(?:\.[a-z\d-]+)+/gi;
/** Lines that name the sender, or an address for questions. */
const notRecipients =
  /mail from|^\s*(?:from|sender|reply-to|x-[\w-]+|message-id|in-reply-to)\s*:|mailto:|contact|please (?:send|mail|write|forward)|assistance|\bhelp\b/i;
const programs = /^(?:mailer-daemon|postmaster|abuse|support|help|admin|hostmaster|noreply|no-reply)@/i;
const mostRecipients = 20;
const mostText = 40_000;

/** The words of the server that returns the mail, without the returned mail below them. */
export function returnedWords(text: string): string {
  const body = text.slice(0, mostText);
  const ends = copyBegins.flatMap(({ pattern }) => {
    const at = body.search(pattern);
    return at > 0 && body.slice(0, at).trim().length >= 20 ? [at] : [];
  });
  return body.slice(0, Math.min(body.length, ...ends));
}

/** The addresses that failed. One without an address: the mail names none. */
export function readProse(mail: OpenedMail): RecipientProse[] {
  const words = returnedWords(mail.text);
  const whole = judgeProse(words);
  const named = (mail.headers('x-failed-recipients').join(' ').match(address) ?? []).map(lower);
  const lines = words.split('\n');
  const mentions = mentionsIn(lines, new Set([mail.from, ...addressesOf(mail.header('to'))]));
  const failed = named.length > 0 ? named : [...mentions.keys()];
  const about = failed.slice(0, mostRecipients).map((one) => {
    const block = blockOf(lines, mentions, one);
    const judged = judgeProse(block);
    return judged.kind === 'unknown'
      ? { address: one, words: block, found: false, ...whole }
      : { address: one, words: block, found: true, ...judged };
  });
  const found = about.filter((one) => one.found);
  const chosen = found.length > 0 ? found : about.slice(0, Math.max(1, named.length));
  if (chosen.length > 0) return chosen.map(({ found: _, ...rest }) => rest);
  return [{ address: '', words: words.trim(), ...whole }];
}

const lower = (one: string): string => one.toLowerCase();
const addressesOf = (text = ''): string[] => (text.match(address) ?? []).map(lower);

/** Each address with the first line that names it. */
function mentionsIn(lines: readonly string[], ours: ReadonlySet<string>): Map<string, number> {
  const found = new Map<string, number>();
  for (const [at, line] of lines.entries()) {
    if (line.length > 2_000 || notRecipients.test(line)) continue;
    for (const one of addressesOf(line))
      if (!ours.has(one) && !programs.test(one) && !found.has(one)) found.set(one, at);
  }
  return found;
}

/** From the line that names the address up to the next address. */
function blockOf(lines: readonly string[], mentions: ReadonlyMap<string, number>, one: string): string {
  const start = mentions.get(one);
  if (start === undefined) return '';
  const next = [...mentions.values()].filter((at) => at > start).toSorted((a, b) => a - b)[0];
  return lines.slice(start, next).join('\n').trim();
}
