// Bounds how deep elements of hostile HTML nest. The sanitiser's parser copies its list of open elements at each tag, so
// 80,000 tags without an end took it six seconds. Pure.

/** Far deeper than any article. Articles with forgotten end tags stay whole. */
const deepest = 2_000;

const voids = new Set(
  'area base basefont br col command embed frame hr img input isindex keygen link meta param source track wbr'.split(
    ' ',
  ),
);
/** One of these ends when the next of its name begins, as a rule without an end tag. */
const endedByNext = new Set('dd dt li option p rp rt td th tr'.split(' '));

const nameAt = /\/?[a-z][^\s/>]*/iy;

/** The HTML without the start tags that would nest deeper. Their content stays. */
export function limitNesting(html: string): string {
  const open: string[] = [];
  const counts = new Map<string, number>();
  const kept: string[] = [];
  let from = 0;
  for (let at = html.indexOf('<'); at !== -1; at = html.indexOf('<', at)) {
    nameAt.lastIndex = at + 1;
    const [tag] = nameAt.exec(html) ?? [];
    const end = html.indexOf('>', at);
    if (end === -1) break;
    if (tag === undefined) {
      at += 1;
      continue;
    }
    const name = tag.toLowerCase();
    if (name.startsWith('/')) close(name.slice(1));
    else if (!begin(name)) {
      kept.push(html.slice(from, at));
      from = end + 1;
    }
    at = end + 1;
  }
  return from === 0 ? html : kept.join('') + html.slice(from);

  /** False: there is no room for it. */
  function begin(name: string): boolean {
    if (voids.has(name) || (endedByNext.has(name) && open.at(-1) === name)) return true;
    if (open.length >= deepest) return false;
    open.push(name);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return true;
  }

  /** Ends the element and all that began within it. Each is looked at once, so the time grows with the tags. */
  function close(name: string): void {
    if ((counts.get(name) ?? 0) === 0) return;
    for (let ended = open.pop(); ended !== undefined; ended = open.pop()) {
      counts.set(ended, (counts.get(ended) ?? 1) - 1);
      if (ended === name) return;
    }
  }
}
