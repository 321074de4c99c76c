// The names of several newsletters in one sentence. Pure.

/** "The Harbour Post, Food and Weather", in `language` (BCP 47). */
export function namesOf(newsletters: readonly { name: string }[], language: string): string {
  return new Intl.ListFormat(language).format(newsletters.map(({ name }) => name));
}
