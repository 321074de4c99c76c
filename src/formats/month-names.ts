// Month names in the languages that feeds use, whole and short ("Dez", "févr."), as ICU knows them. Pure.

const languages = 'en de fr es it pt nl sv da nb pl cs sk ru uk el tr ro hu he ar'.split(' ');
const english = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

const plain = (name: string): string =>
  name
    .normalize('NFKD')
    .replaceAll(/[^\p{L}]/gu, '')
    .toLowerCase();

let names: { name: string; month: string }[] | undefined;

function everyName(): { name: string; month: string }[] {
  return languages.flatMap((language) =>
    (['long', 'short'] as const).flatMap((style) => {
      // Some languages inflect the month's name next to a day.
      const formats = [{ month: style }, { month: style, day: 'numeric' } as const].map(
        (options) => new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC', calendar: 'gregory' }),
      );
      return english.flatMap((month, index) =>
        formats.map((format) => {
          const parts = format.formatToParts(Date.UTC(2026, index, 15));
          return { name: plain(parts.find(({ type }) => type === 'month')?.value ?? ''), month };
        }),
      );
    }),
  );
}

const found = new Map<string, string | undefined>();

/**
 * The English short name of the month that `word` spells or abbreviates, in any of the languages. Undefined
 * if `word` fits no month, or several.
 */
export function monthOf(word: string): string | undefined {
  const own = plain(word.slice(0, 20));
  if (own.length < 3) return undefined;
  if (!found.has(own)) {
    names ??= everyName();
    const months = (isSame: (name: string) => boolean): string[] => [
      ...new Set(names?.filter(({ name }) => isSame(name)).map(({ month }) => month)),
    ];
    const exact = months((name) => name === own);
    const [month, ...others] = exact.length > 0 ? exact : months((name) => name.startsWith(own));
    // Bounds the cache: documents contain countless different words.
    if (found.size > 1_000) found.clear();
    found.set(own, others.length === 0 ? month : undefined);
  }
  return found.get(own);
}
