// "Did you mean ada@gmail.com?" It only asks, because the reader may be right. Pure, and without imports:
// browsers run this file too, as a module on our pages and inside the script for other sites.

// The most common providers.
const common =
  'gmail.com googlemail.com yahoo.com hotmail.com outlook.com icloud.com protonmail.com comcast.net yahoo.co.uk hotmail.co.uk btinternet.com t-online.de wanadoo.fr laposte.net'.split(
    ' ',
  );
// Real providers whose names are one slip away from a common one.
const meant = new Set([...common, 'mail.com', 'email.com', 'ymail.com', 'fmail.com']);

/** Whether two words differ by one slip: a letter missing, doubled or wrong, or two letters swapped. */
function areOneSlipApart(a: string, b: string): boolean {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const same = (skipA: number, skipB: number) => a.slice(at + skipA) === b.slice(at + skipB);
  const swapped = a[at] === b[at + 1] && a[at + 1] === b[at] && same(2, 2);
  return a !== b && (swapped || same(1, 1) || same(1, 0) || same(0, 1));
}

/** The address that the reader may have meant, or undefined. */
export function suggestionFor(address: string): string | undefined {
  const at = address.lastIndexOf('@') + 1;
  const domain = address.slice(at).toLowerCase();
  if (at < 2 || meant.has(domain)) return undefined;
  const close = common.find((known) => areOneSlipApart(domain, known));
  return close && address.slice(0, at) + close;
}
