// Parses URLs from outside. Pure.

/**
 * The URL of `text`, relative to `base` if given; undefined if it is not a URL. URL.canParse is not usable:
 * on Node 20 and 22 it rejects every URL with a letter such as ü after some thousand calls.
 */
export function parseUrl(text: string, base?: string | URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
