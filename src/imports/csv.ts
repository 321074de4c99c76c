// Reads one row of CSV (RFC 4180) from the bytes of a body, given as Latin-1. Pure.
//
// Lenient where only one reading makes sense: a quotation mark closes a field only before a separator or a
// line end. Inside an unquoted field it is an ordinary character.

export interface CsvDialect {
  separator: string;
  /** MailPoet writes \" for a quotation mark inside a field. */
  backslash: boolean;
}

export interface CsvRow {
  fields: string[];
  /** The start of the next row. */
  end: number;
  /** More than one if a quoted field contains line ends. */
  lines: number;
}

/** A limit, because an unclosed quotation mark would swallow the rest of the file. */
const mostLines = 50;

interface Field {
  value: string;
  /** The position of the separator or line end after it. */
  end: number;
}

/** A field that opens with a quotation mark at `from`; undefined if it is not closed before `limit`. */
function quotedField(
  text: string,
  from: number,
  limit: number,
  { separator, backslash }: CsvDialect,
): Field | undefined {
  // A slice is cheap. A search to the end of the text, for each row of a damaged file, is not.
  const within = text.slice(0, limit);
  let value = '';
  let start = from + 1;
  for (let search = start; ;) {
    const mark = within.indexOf('"', search);
    if (mark < 0) return undefined;
    if (backslash && mark > start && text[mark - 1] === '\\') {
      value += `${text.slice(start, mark - 1)}"`;
      start = search = mark + 1;
    } else if (text[mark + 1] === '"') {
      value += text.slice(start, mark + 1);
      start = search = mark + 2;
    } else {
      let after = mark + 1;
      while (text[after] === ' ' || text[after] === '\r') after += 1;
      if (text[after] === separator || text[after] === '\n')
        return { value: value + text.slice(start, mark), end: after };
      search = mark + 1;
    }
  }
}

// "Lee, Ann" <ann@example.org>: the quotation marks belong to the mailbox, not to the CSV.
const mailbox = /"[^"\n]*"[ \t]*<[^<>"\s]*>[ \r]*/y;

/** A field that is a mailbox with a quoted name, at `from`; undefined if it is none. */
function mailboxField(text: string, from: number, { separator }: CsvDialect): Field | undefined {
  mailbox.lastIndex = from;
  const [value] = mailbox.exec(text) ?? [];
  if (value === undefined) return undefined;
  const end = from + value.length;
  return text[end] === separator || text[end] === '\n' ? { value, end } : undefined;
}

function lineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

/**
 * The row that begins at `from`. `undefined`: no line ends after it. `unclosed`: a quotation mark is not
 * closed before the end of the text or `limit`. The last line of a body must have a line end too.
 */
export function readCsvRow(
  text: string,
  from: number,
  limit: number,
  dialect: CsvDialect,
): CsvRow | 'unclosed' | undefined {
  const { separator } = dialect;
  const lineEnd = text.indexOf('\n', from);
  if (lineEnd < 0) return undefined;
  const line = withoutReturn(text.slice(from, lineEnd));
  if (!line.includes('"')) return { fields: line.split(separator), end: lineEnd + 1, lines: 1 };
  const fields: string[] = [];
  for (let at = from; ;) {
    let begin = at;
    while (text[begin] === ' ') begin += 1;
    let end: number;
    if (text[begin] === '"') {
      const field = mailboxField(text, begin, dialect) ?? quotedField(text, begin, limit, dialect);
      if (!field) return 'unclosed';
      fields.push(field.value);
      ({ end } = field);
    } else {
      const newLine = text.indexOf('\n', at);
      if (newLine < 0) return 'unclosed';
      const next = text.slice(at, newLine).indexOf(separator);
      end = next < 0 ? newLine : at + next;
      fields.push(withoutReturn(text.slice(at, end)));
    }
    if (text[end] === '\n') {
      const lines = end === lineEnd ? 1 : lineEnds(text, from, end + 1);
      return lines > mostLines ? 'unclosed' : { fields, end: end + 1, lines };
    }
    at = end + 1;
  }
}

/** The separator depends on the country of the spreadsheet. */
export function separatorOf(header: string): string {
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const count = (separator: string) => bare.split(separator).length;
  return [',', ';', '\t', '|'].toSorted((one, other) => count(other) - count(one))[0] ?? ',';
}
