// Reading addresses from outside. Pure.

/**
 * The URL that `text` is, against `base` if one is given; undefined if it is none. Not by URL.canParse: on Node 20 and 22
 * that finds every address with a letter such as ü invalid as soon as the process has called it some thousand times.
 */
export function parseUrl(text: string, base?: string | URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
