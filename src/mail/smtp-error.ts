// What an SMTP error of Nodemailer means, in codes and in words. Pure.
import type { RelayConfig } from '../config/relays.js';
import { maskTokens } from '../text/mask-tokens.js';
import { tlsTrouble } from './tls-trouble.js';

export interface SmtpError extends Error {
  code?: string | undefined;
  originalCode?: string | undefined;
  command?: string | undefined;
  response?: string | undefined;
}

/**
 * A reply as one line of at most 500 characters, for the ledger and for screens. Spam filters quote links of the
 * mail: without their tokens, a viewer who reads the reply cannot act as the reader.
 */
export function tidy(reply: string): string {
  return maskTokens(reply.replaceAll(/[\x00-\x1f\x7f]+/g, ' ').trim()).slice(0, 500);
}

/** What went wrong, in words for the operator of the relay. */
export function words(config: RelayConfig, error: SmtpError): string {
  return tlsTrouble(config, error) ?? (tidy(error.message) || error.code || 'no reason given');
}

/** The reply's code: three digits (RFC 5321 section 4.2). Undefined: the relay's text is no reply. */
export function codeOf({ response }: SmtpError): number | undefined {
  const code = Number(/^([2-5]\d\d)(?!\d)/.exec(response ?? '')?.[1]);
  return Number.isNaN(code) ? undefined : code;
}

/** Why a connection could not be opened, in words for the operator of the relay. */
export function whyNotOpened(config: RelayConfig, error: SmtpError): string {
  return lacksTls(config, error)
    ? `TLS is required before any password or mail is sent, and the relay does not start it ("${tidy(error.response ?? '')}"): ` +
        'use smtps:// if the relay has a port for it; ' +
        'use tls=opportunistic only if nobody can listen on the way to the relay'
    : words(config, error);
}

/** What helps against it, by the codes of Nodemailer and the system. Undefined: the reason itself says so. */
export function whatToDo({ host, port }: RelayConfig, error: SmtpError): string | undefined {
  const { code, originalCode = code, response } = error;
  if (code === 'EAUTH')
    return 'Check the user name and password in SMTP_URL, with characters such as @ and / percent-encoded. Some providers want a key for programs in place of the password';
  if (code === 'EDNS') return `Check the spelling of ${host} in SMTP_URL`;
  if (originalCode === 'ECONNREFUSED')
    return `Nothing listens at port ${port} of ${host}. Check both in SMTP_URL: relays usually listen at port 587 or 465`;
  if (['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(originalCode ?? ''))
    return `A firewall may block port ${port}: many hosting companies block port 25. Try port 587 or 465`;
  if (code === 'ECONNECTION' && response === undefined)
    return `The relay may want TLS from the first byte (smtps://), or may not know the address of this machine`;
  return undefined;
}

/** The relay has no STARTTLS, or an attacker on the way removed it (RFC 3207 section 6). */
export function lacksTls({ tls }: RelayConfig, { command, response }: SmtpError): boolean {
  if (tls !== 'required' || response === undefined) return false;
  return command === 'STARTTLS' || (command === 'EHLO' && response.startsWith('5'));
}

/** The error of a relay that answered DATA with something other than 354. */
export function unexpected(said: string): SmtpError {
  return Object.assign(new Error(`the relay said "${tidy(said)}" where 354 is due`), { command: 'DATA' });
}
