// What an SMTP error of Nodemailer means, in codes and in words. Pure.
import type { RelayConfig } from '../config/relays.js';
import { maskTokens } from '../text/mask-tokens.js';
import { tlsTrouble } from './tls-trouble.js';
import type { Message, Said } from '../languages/messages.js';

export interface SmtpError extends Error {
  code?: string | undefined;
  originalCode?: string | undefined;
  command?: string | undefined;
  response?: string | undefined;
  /** The reason, if it is in our own words (languages/said-error.ts). */
  said?: Message;
}

/**
 * A reply as one line of at most 500 characters, for the ledger and for screens. Spam filters quote links of the
 * mail: without their tokens, a viewer who reads the reply cannot act as the reader.
 */
export function tidy(reply: string): string {
  return maskTokens(reply.replaceAll(/[\x00-\x1f\x7f]+/g, ' ').trim()).slice(0, 500);
}

/** What went wrong, in words for the operator of the relay. */
export function words(config: RelayConfig, error: SmtpError): Said {
  return (
    error.said ??
    tlsTrouble(config, error) ??
    (tidy(error.message) || error.code || { key: 'doctor.noReason' })
  );
}

/** The reply's code: three digits (RFC 5321 section 4.2). Undefined: the relay's text is no reply. */
export function codeOf({ response }: SmtpError): number | undefined {
  const code = Number(/^([2-5]\d\d)(?!\d)/.exec(response ?? '')?.[1]);
  return Number.isNaN(code) ? undefined : code;
}

/** Why a connection could not be opened, in words for the operator of the relay. */
export function whyNotOpened(config: RelayConfig, error: SmtpError): Said {
  return lacksTls(config, error)
    ? { key: 'doctor.lacksTls', args: { reply: tidy(error.response ?? '') } }
    : words(config, error);
}

/** What helps against it, by the codes of Nodemailer and the system. Undefined: the reason itself says so. */
export function whatToDo({ host, port }: RelayConfig, error: SmtpError): Message | undefined {
  const { code, originalCode = code, response } = error;
  if (code === 'EAUTH') return { key: 'doctor.adviceLogin' };
  if (code === 'EDNS') return { key: 'doctor.adviceHost', args: { host } };
  if (originalCode === 'ECONNREFUSED')
    return { key: 'doctor.advicePort', args: { host, port: String(port) } };
  if (['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(originalCode ?? ''))
    return { key: 'doctor.adviceFirewall', args: { port: String(port) } };
  if (code === 'ECONNECTION' && response === undefined) return { key: 'doctor.adviceTls' };
  return undefined;
}

/** The relay has no STARTTLS, or an attacker on the way removed it (RFC 3207 section 6). */
export function lacksTls({ tls }: RelayConfig, { command, response }: SmtpError): boolean {
  if (tls !== 'required' || response === undefined) return false;
  return command === 'STARTTLS' || (command === 'EHLO' && response.startsWith('5'));
}
