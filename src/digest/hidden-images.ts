// Finds images of a mail that readers cannot see: such an image only counts who opens the mail. An image is hidden by
// its own size or style, by an element around it, or by a rule of a style sheet. Pure.
//
// It cannot find every way to hide. A rule that another rule turns round counts as seen: so themes swap logos.

/** A start tag. */
export interface ImageTag {
  name: string;
  attributes: ReadonlyMap<string, string>;
}

/** Linear, unlike an expression that looks for the end of each comment. */
function withoutComments(css: string): string {
  let kept = '';
  for (let from = 0; ;) {
    const start = css.indexOf('/*', from);
    const end = start < 0 ? -1 : css.indexOf('*/', start + 2);
    if (end < 0) return kept + css.slice(from);
    kept += css.slice(from, start);
    from = end + 2;
  }
}

/** Style sheets may escape any letter, and have comments anywhere. */
export const plainCss = (css: string): string =>
  withoutComments(css)
    .replaceAll(/\\([0-9a-f]{1,6})\s?/gi, (_, code: string) =>
      String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(code, 16))),
    )
    .replaceAll('\\', '');

/** Whatever has this style is not seen, and neither is what stands in it. */
const unseen = [
  /display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|content-visibility\s*:\s*hidden/i,
  /(?:^|[^-\w])opacity\s*(?::|\()\s*(?:0*\.0\d*|0+|\d(?:\.\d+)?%)\s*(?:[;)!]|$)/i,
  /scale[xy]?\(\s*0*(?:\.0\d*)?\s*[,)]|clip\s*:\s*rect|clip-path\s*:/i,
  /(?:^|[;\s])(?:left|top|right|bottom|margin(?:-\w+)?|text-indent)\s*:[^;]{0,80}-\d{3,}/i,
];
const takenOut = /(?:^|[;\s])position\s*:\s*(?:absolute|fixed|sticky)/i;
const cutOff = /overflow(?:-[xy])?\s*:\s*(?:hidden|clip)/i;

/** The widths and heights of a style. */
const sizes = /(?:^|[;\s])(?:max-)?(?:width|height)\s*:\s*([^;!]+)/gi;

/** Seven pixels, half a letter, one hundredth of the page: whoever looks for the image does not find it. */
function isTiny(size: string): boolean {
  const [, digits, unit = ''] = /^\s*\+?(\d*\.?\d+(?:e[+-]?\d+)?)\s*([a-z%]*)\s*$/i.exec(size) ?? [];
  if (digits === undefined) return /^\s*(?:calc|min|clamp)\((?![^)]*(?:%|v[wh]))/i.test(size);
  const most = /^(?:em|rem|ex|ch)$/i.test(unit) ? 0.5 : /^(?:%|v\w+)$/i.test(unit) ? 1 : 7.99;
  return Number(digits) <= most;
}

const isCollapsed = (style: string): boolean =>
  [...style.matchAll(sizes)].some(([, size = '']) => isTiny(size));

const isUnseen = (style: string): boolean =>
  unseen.some((pattern) => pattern.test(style)) || (cutOff.test(style) && isCollapsed(style));

const isUnseenImage = (style: string): boolean =>
  isUnseen(style) || takenOut.test(style) || isCollapsed(style);

/**
 * What a selector picks: "#id", ".class" or "img" of its last part, whatever stands around it. Undefined: it picks
 * only sometimes, as with :hover.
 */
function subjectOf(selector: string): string | undefined {
  const last =
    selector
      .trim()
      .split(/[\s>+~]+/)
      .at(-1) ?? '';
  if (last.includes(':')) return undefined;
  const names = last.replaceAll(/\[[^\]]*\]/g, '').match(/[.#]?[\w-]+/g) ?? [];
  const named = names.findLast((name) => /^[.#]/.test(name));
  return named ?? names[0]?.toLowerCase() ?? '*';
}

interface Rule {
  subjects: string[];
  style: string;
  /** It holds in every program: it stands in no @media. */
  always: boolean;
}

function rulesOf(css: string): Rule[] {
  const rules: Rule[] = [];
  const open: string[] = [];
  let from = 0;
  for (const { 0: brace, index } of css.matchAll(/[{}]/g)) {
    const style = css.slice(from, index).trim();
    from = index + 1;
    if (brace === '{') {
      open.push(style);
      continue;
    }
    const selectors = open.pop();
    if (selectors === undefined || selectors.startsWith('@')) continue;
    const subjects = selectors.split(',').flatMap((selector) => subjectOf(selector) ?? []);
    rules.push({ subjects, style, always: open.length === 0 });
  }
  return rules;
}

const shows =
  /display\s*:(?!\s*none)|visibility\s*:\s*visible|(?:^|[;\s])(?:width|height|max-height)\s*:\s*(?:auto|none|100%)/i;

/** What the style sheets hide, unless another rule shows it: all of it, or an image only. */
function hiddenBy(css: string): { all: ReadonlySet<string>; images: ReadonlySet<string> } {
  const rules = rulesOf(css);
  const named = (chosen: Rule[]) => new Set(chosen.flatMap(({ subjects }) => subjects));
  const shown = named(rules.filter(({ style }) => shows.test(style)));
  const hidden = (hides: (style: string) => boolean) =>
    new Set(
      [...named(rules.filter(({ style, always }) => always && hides(style)))].filter(
        (one) => !shown.has(one),
      ),
    );
  return { all: hidden(isUnseen), images: hidden(isUnseenImage) };
}

/** Every subject of a selector that picks this tag. */
const subjectsFor = ({ name, attributes: at }: ImageTag): string[] => [
  '*',
  name,
  `#${at.get('id') ?? ''}`,
  ...(at.get('class') ?? '').split(/\s+/).map((one) => `.${one}`),
];

/** HTML section 13.1.2: these have no content. */
const empty = new Set(
  'area base br col embed hr img input link meta source track wbr v:fill v:stroke v:imagedata'.split(' '),
);
/** HTML section 13.1.2.4: their end tags may be missing. */
const endsItself = new Set('p li dt dd tr td th thead tbody tfoot caption colgroup'.split(' '));
/** Elements without end tags that an end tag passes at most: looking further would take time for nothing. */
const passedAtMost = 60;
const drawn = new Set(['img', 'v:image', 'v:imagedata']);

/**
 * Returns a reader of a mail's tags in their order. Its `opened` tells whether the tag brings an image that readers do
 * not see; `isEmpty`: the tag ends with "/>".
 */
export function watchHiddenImages(html: string) {
  const sheets = [...html.matchAll(/<style\b[^<>]*>([^<]*)/gi)].map(([, css = '']) => plainCss(css));
  const hidden = hiddenBy(sheets.join('\n'));
  /** The elements around a place, and whether one of them is unseen. */
  const open: { name: string; isUnseen: boolean }[] = [];
  return {
    opened(tag: ImageTag, isEmpty: boolean): boolean {
      const { name, attributes: at } = tag;
      const style = plainCss(at.get('style') ?? '');
      const subjects = subjectsFor(tag);
      const around = open.at(-1)?.isUnseen ?? false;
      if (!empty.has(name) && !(isEmpty && name.includes(':')))
        open.push({
          name,
          isUnseen: around || isUnseen(style) || subjects.some((one) => hidden.all.has(one)),
        });
      const isImage = drawn.has(name);
      if (!isImage && name !== 'v:fill' && !at.has('background') && !/url\(/i.test(style)) return false;
      const tiny = ['width', 'height'].some((side) => isTiny(at.get(side) ?? ''));
      return around || tiny || isUnseenImage(style) || subjects.some((one) => hidden.images.has(one));
    },
    closed(name: string): void {
      for (let at = open.length - 1; at >= Math.max(0, open.length - passedAtMost); at -= 1) {
        const one = open[at]?.name ?? '';
        if (one === name) return void (open.length = at);
        if (!endsItself.has(one)) return;
      }
    },
  };
}
