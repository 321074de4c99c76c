// Reads an address as address books, mail programs and browsers write it:
//
// - Ann Lee <ann@example.org>, "Lee, Ann" <ann@example.org>, <ann@example.org> (RFC 5322 section 3.4),
// - ann@example.org (Ann Lee), the older form of the same section,
// - mailto:ann@example.org?subject=Hi (RFC 6068), also within brackets.
//
// Pure. It does not judge the address: parseAddress does.

export interface Mailbox {
  address: string;
  name: string | undefined;
}

const bracketed = /^([^<>]*)<\s*([^<>]*?)\s*>$/;
const outlook = /^([^[\]]*)\[\s*(mailto:[^[\]]*?)\s*\]$/i;
const nameInParentheses = /^(\S+@\S+)\s*\(([^()@]*)\)$/;
const addressInParentheses = /^([^()@]*)\(\s*([^()\s]+@[^()\s]+)\s*\)$/;

/** The address of a mailto link, without its headers. */
function withoutScheme(text: string): string {
  const [, address] = /^mailto:([^?]*)/i.exec(text) ?? [];
  if (address === undefined) return text;
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}

/** A display name without its quotation marks; undefined if there is none, or none that a person can read. */
function displayName(text: string, address: string): string | undefined {
  const bare = text.trim();
  const quoted =
    /^"(.*)"$/s.exec(bare)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? /^'(.*)'$/s.exec(bare)?.[1] ?? bare;
  // RFC 2047 section 2: an encoded word, which only a mail program shows as text.
  if (quoted === '' || quoted.startsWith('=?') || quoted.toLowerCase() === address.toLowerCase())
    return undefined;
  return quoted;
}

export function readMailbox(text: string): Mailbox {
  // An import has a million rows, and nearly all are plain addresses.
  if (!/[<>()[\]:;,]/.test(text)) return { address: text, name: undefined };
  const whole = text.replace(/[\s;,]+$/, '').trim();
  const [, before, inside] =
    bracketed.exec(whole) ?? outlook.exec(whole) ?? addressInParentheses.exec(whole) ?? [];
  const [, address, after] = nameInParentheses.exec(whole) ?? [];
  const found = withoutScheme(inside ?? address ?? whole);
  return { address: found, name: displayName(before ?? after ?? '', found) };
}
