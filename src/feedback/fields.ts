// Header fields, as mail and reports have them (RFC 5322 section 2.2.3). Pure.

/** Headers, or the fields of a report: names in lower case, values unfolded. */
export function fieldsOf(text: string): [name: string, value: string][] {
  const lines = text
    .replaceAll('\r\n', '\n')
    .replaceAll(/\n[ \t]+/g, ' ')
    .split('\n');
  return lines.flatMap((line): [string, string][] => {
    const [, name, value] = /^([\w-]+)[ \t]*:(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name.toLowerCase(), (value ?? '').trim()]];
  });
}
