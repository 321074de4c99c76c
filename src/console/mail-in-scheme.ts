// A mail as programs on a light or a dark screen show it, whatever screen it is looked at on. Pure.

export type Scheme = 'light' | 'dark';

// Stand for the condition within whatever other conditions there are.
const always = '(min-width: 0px)';
const never = '(min-width: 1000000px)';

/** The HTML with its conditions on the reader's colour scheme decided. Only style sheets and the head's word are touched. */
export function mailInScheme(html: string, scheme: Scheme): string {
  return html
    .replaceAll(/(<meta name="(?:supported-)?color-schemes?" content=")[^"]*/g, `$1${scheme}`)
    .replaceAll(/<style\b[^>]*>[\s\S]*?<\/style>/g, (sheet) =>
      sheet
        .replaceAll(/\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/g, (_, wanted: string) =>
          wanted === scheme ? always : never,
        )
        .replaceAll(/(color-schemes?\s*:\s*)light dark/g, `$1${scheme}`),
    );
}

/** As the address of a frame asks for it; otherwise as the reader's own screen decides. */
export const inAskedScheme = (html: string, scheme: unknown): string =>
  scheme === 'dark' || scheme === 'light' ? mailInScheme(html, scheme) : html;
