// Reads the address of a webhook as a person or program gave it. Pure.
import { literalAddress, mayConnect, type PrivateAllowance } from '../outbound/allowed-addresses.js';
import { parseUrl } from '../parse-url.js';

export type WebhookUrl = { ok: true; url: string } | { ok: false; detail: string };

const wrong = (detail: string): WebhookUrl => ({ ok: false, detail });

/** A name is looked up only when a request is sent, and its address checked then. */
export function readWebhookUrl(text: string, allowance: PrivateAllowance): WebhookUrl {
  const url = parseUrl(text.trim());
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return wrong('This is not a web address. Web addresses start with https://');
  if (url.href.length > 2000) return wrong('The address is longer than 2,000 characters');
  if (url.username !== '' || url.password !== '')
    return wrong('The address contains a user name or password. Requests are signed instead');
  const isLocalName = /(^|\.)localhost\.?$/.test(url.hostname);
  const literal = isLocalName ? '127.0.0.1' : literalAddress(url.hostname);
  if (literal !== undefined && !mayConnect(url.hostname, literal, allowance))
    return wrong(
      `${url.hostname} is a private address, which webhooks may not use unless ALLOW_PRIVATE_FEEDS names it`,
    );
  url.hash = '';
  return { ok: true, url: url.href };
}
