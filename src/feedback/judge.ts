// Judges the words of a server about one recipient, as a report or a returned mail quotes them. Pure.
import { classify, type Verdict } from '../mail/classify.js';
import type { ReplyKind } from '../mail/reply-row.js';

export interface JudgedReply {
  kind: ReplyKind;
  /** "5.1.1" of RFC 3463. */
  status: string | undefined;
  /** Of SMTP. */
  code: number | undefined;
}

interface Quoted {
  code: number;
  text: string;
  stage: 'connect' | 'mail' | 'rcpt' | 'message';
}

/** Longer quotations add nothing, and the patterns would take long. */
const mostCharacters = 600;
const mostQuotations = 8;

/** Replies in a text: a code at the start of a line, or after what introduces a quotation. */
const quotation =
  /(?:^[ \t>]*|<<<[ \t]*|[:;"'(>\]][ \t]*|\b(?:said|was|reply|response|error|answered|received|status|reason)[:=]?[ \t]+)([45]\d\d)(?:[ -](?=\S)|(?=[:.,][ \t]*[A-Za-z#<]))/gim;

function quotationsIn(text: string): Quoted[] {
  const matches = [...text.matchAll(quotation)].slice(0, mostQuotations);
  return matches.map((match, at) => {
    const start = match.index + match[0].lastIndexOf(match[1] ?? '');
    const next = matches[at + 1];
    const gap = text.slice(start).search(/\n[ \t]*\n|\n[ \t]*>>>|\n[ \t]*-{3,}/);
    const end = Math.min(
      gap === -1 ? text.length : start + gap,
      // A continued reply repeats its code in each line.
      next !== undefined && next[1] !== match[1] ? next.index : text.length,
      start + mostCharacters,
    );
    const said = text.slice(start, end).replaceAll(/\s*\n[ \t]*(?:<<<)?[ \t]*/g, ' ');
    return {
      code: Number(match[1]),
      text: said,
      stage: stageOf(text.slice(Math.max(0, start - 160), start), said),
    };
  });
}

/** The command that the reply answers, as the mail server that returns the mail names it. */
function stageOf(before: string, said: string): Quoted['stage'] {
  const named = [
    ...before.matchAll(
      /(?:>>>|after|reply to|response to|sending|during)\s+(?:\w+\s+){0,3}?(mail from|rcpt to|end of data|data\b|mail\b|rcpt\b|initial connection|[eh][eh]lo)|in (mail|rcpt|data) command/gi,
    ),
  ];
  const last = named.at(-1);
  const after = /in reply to (?:the )?(mail from|rcpt to|end of data|data|[eh][eh]lo)/i.exec(said)?.[1];
  const word = (after ?? last?.[1] ?? last?.[2] ?? 'rcpt').toLowerCase();
  if (word.startsWith('mail')) return 'mail';
  if (word.startsWith('init') || word.endsWith('lo')) return 'connect';
  // After DATA alone, a server may still answer RCPT: clients pipeline the two (RFC 2920 section 3.1).
  return word === 'end of data' ? 'message' : 'rcpt';
}

/** A code for words that have none: that of their status, or a refusal. */
const codeFor = (status: string | undefined): number => (status?.startsWith('4') === true ? 450 : 550);

function judge(
  quoted: Omit<Quoted, 'code'> & { code?: number },
  status: string | undefined,
): JudgedReply & Verdict {
  const code = quoted.code ?? codeFor(status);
  const text = quoted.text.slice(0, mostCharacters);
  const said = quoted.code === undefined ? `${code} ${text}` : text;
  const verdict = classify({ code, reply: said, stage: quoted.stage, status });
  return { ...verdict, status: verdict.status ?? status, code: quoted.code };
}

/** Judges the words of a Diagnostic-Code with the Status beside it. */
export function judgeDiagnostic({ text, status }: { text: string; status: string | undefined }): JudgedReply {
  const judged = quotationsIn(text).map((quoted) => judge(quoted, status));
  const best = choose(judged) ?? judge({ text, stage: 'rcpt' }, status);
  return { kind: best.kind, status: best.status, code: best.code };
}

/** Judges what a returned mail says in prose: its quotations of replies, else its words. */
export function judgeProse(text: string): JudgedReply {
  const status = /(?<![\w.])#?([45]\.\d{1,3}\.\d{1,3})(?![\w]|\.\d)/.exec(text)?.[1];
  const quoted = quotationsIn(text).map((one) => judge(one, undefined));
  const words = text.replaceAll(/\s+/g, ' ').trim();
  const best = choose(quoted) ?? judge({ text: words, stage: 'rcpt' }, status);
  if (best.kind !== 'unknown' || quoted.length === 0) return best;
  const spoken = judge({ text: words, stage: 'rcpt' }, best.status);
  return { kind: spoken.kind, status: best.status, code: best.code };
}

/** Several quotations: one that says more than "refused", and of these one that does not suppress. */
function choose(judged: readonly (JudgedReply & Verdict)[]): (JudgedReply & Verdict) | undefined {
  const known = judged.filter(({ kind }) => kind !== 'unknown');
  return known.find(({ kind, code = 0 }) => kind !== 'hard' && code >= 500) ?? known[0] ?? judged[0];
}
