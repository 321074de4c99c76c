// Puts quotes, code and tables of a post into table cells. Outlook on Windows honours padding on nothing else, and
// borders on other elements unreliably (caniemail.com: css-padding, css-border). Pure.
//
// - A quote has a bar in the publisher's colour. A short one is set as a pull quote, in italics where its script has them.
// - Code stands on a tinted panel.
// - A table has rules, and a box of its own that scrolls: on a phone a wide one must neither widen the mail nor break
//   words.

export interface BoxStyle {
  /** The side at which lines begin. */
  start: 'left' | 'right';
  /** The colours of panels, rules between rows, bars beside quotes. */
  panel: string;
  rule: string;
  mark: string;
  /** The colour of captions. */
  dim: string;
}

const layout = 'role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"';
const serif = "Georgia,'Times New Roman',serif";
const paragraph = '<p style="margin:0 0 16px">';
const pullQuoteAtMost = 280;
/** Slanted by a mail program, these scripts are hard to read. */
const upright =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Devanagari}]/u;
/** An address without a place for a line break. A longer word in ordinary text is rare. */
const unbreakable = 25;

const isOpening = (part: string, tag: string): boolean =>
  part.startsWith(`<${tag}`) && /^[ >]/.test(part.slice(tag.length + 1));

/** The words of `parts`, without tags. */
const wordsOf = (parts: readonly string[]): string => parts.filter((part) => !part.startsWith('<')).join(' ');

interface Element {
  tag: string;
  from: number;
  to: number;
  /** The elements of these tags around it. */
  around: string[];
}

const boxedTags = ['blockquote', 'pre', 'table', 'td', 'th', 'code'];

/** The elements that get a box, the inner ones first. The sanitiser has closed every tag. */
function elementsOf(parts: readonly string[]): Element[] {
  const open: { tag: string; from: number }[] = [];
  const found: Element[] = [];
  parts.forEach((part, index) => {
    const tag = boxedTags.find((one) => isOpening(part, one) || part === `</${one}>`);
    if (tag === undefined) return;
    if (!part.startsWith('</')) open.push({ tag, from: index });
    else {
      const element = open.pop();
      if (element !== undefined) found.push({ ...element, to: index, around: open.map((one) => one.tag) });
    }
  });
  return found;
}

function boxQuote(parts: string[], { from, to, around }: Element, { start, mark, dim }: BoxStyle): void {
  const words = wordsOf(parts.slice(from, to));
  const pulled = upright.test(words) ? '19px/29px' : 'italic 19px/29px';
  const type = around.includes('blockquote')
    ? ''
    : `;font:${words.length > pullQuoteAtMost ? '17px/27px' : pulled} ${serif}`;
  for (let at = from; at < to; at += 1)
    if (parts[at] === '<cite>')
      parts[at] = `<cite class="dim" style="font:15px/22px Arial,sans-serif;color:${dim}">`;
  parts[from] =
    `<blockquote style="margin:0 0 16px"><table ${layout}><tr><td class="item" style="padding:2px 0;padding-${start}:18px;border-${start}:3px solid ${mark}${type}">`;
  parts[to] = '</td></tr></table></blockquote>';
  // The bar ends with the words.
  const last = parts.lastIndexOf(paragraph, to);
  if (
    last > from &&
    parts.slice(last + 1, to).every((part) => part === '</p>' || !/^<\/?(?:p|div|ul|ol)[ >]/.test(part))
  )
    parts[last] = '<p style="margin:0">';
}

function boxCode(parts: string[], { from, to }: Element, { panel, rule }: BoxStyle): void {
  parts[from] =
    `<table ${layout} style="table-layout:fixed"><tr><td class="list" bgcolor="${panel}" style="padding:12px 16px;border:1px solid ${rule};border-radius:6px;background:${panel}">${parts[from]}`;
  parts[to] = `${parts[to]}</td></tr></table><div style="font-size:16px;line-height:16px">&#8203;</div>`;
}

function boxTable(parts: string[], { from, to }: Element): void {
  parts[from] =
    `<table ${layout} style="table-layout:fixed"><tr><td><div tabindex="0" style="overflow-x:auto">${parts[from]}`;
  parts[to] = `${parts[to]}</div></td></tr></table>`;
}

function ruleCell(parts: string[], { tag, from, to }: Element, { rule }: BoxStyle): void {
  const long = wordsOf(parts.slice(from, to))
    .split(/\s/)
    .some((word) => word.length > unbreakable);
  const line = `border-bottom:${tag === 'th' ? '2px' : '1px'} solid ${rule}${long ? '' : ';word-break:normal'}`;
  parts[from] = parts[from]!.replace(/>$/, ` valign="top" style="${line}">`);
}

const isPresentation = (part: string | undefined): boolean => part?.includes(' role="presentation"') ?? false;
const isGalleryCell = (part: string | undefined): boolean => part?.includes(' style="') ?? false;

/** `html`, the result of mail-html.ts, with its boxes. */
export function boxed(html: string, style: BoxStyle): string {
  const parts = html.split(/(<[^>]*>)/);
  for (const element of elementsOf(parts)) {
    const { tag, from, around } = element;
    if (tag === 'blockquote') boxQuote(parts, element, style);
    else if (tag === 'pre' && !around.includes('pre')) boxCode(parts, element, style);
    else if (tag === 'table' && !around.includes('table') && !isPresentation(parts[from]))
      boxTable(parts, element);
    else if ((tag === 'td' || tag === 'th') && !isGalleryCell(parts[from])) ruleCell(parts, element, style);
    else if (tag === 'code' && !around.includes('pre'))
      parts[from] = `<code class="list" style="font-size:15px;background:${style.panel};border-radius:3px">`;
  }
  return parts.join('');
}
