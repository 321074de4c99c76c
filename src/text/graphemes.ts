// The characters that a reader would count: an emoji with its modifiers is one. Pure.

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

// The segmenter's time and memory grow with the square of a text: 100,000 letters took a process its 4 GB.
const window = 256;

/** The characters of `text`, one after the other. A stack of accents is cut after 256 code units. */
export function* graphemesOf(text: string): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const part = text.slice(from, from + window);
    const isLast = from + window >= text.length;
    let next = from;
    for (const { segment, index } of segmenter.segment(part)) {
      // The last grapheme may continue beyond the window.
      if (!isLast && index > 0 && index + segment.length === part.length) break;
      yield segment;
      next = from + index + segment.length;
    }
    from = next;
  }
}

/** Whether `text` has more characters than that; does not count beyond. */
export function isLongerThan(text: string, limit: number): boolean {
  // Segmenting is slow, and a text that is short in UTF-16 needs none.
  if (text.length <= limit) return false;
  let count = 0;
  for (const _ of graphemesOf(text)) {
    count += 1;
    if (count > limit) return true;
  }
  return false;
}
