import { openImport } from '../../src/subscribers/import-rows.js';

function read(text: string | Buffer, contentType = 'text/csv') {
  const opened = openImport(Buffer.from(text as string), contentType);
  if (!opened.ok) return opened.reason;
  return [...opened.rows].map((row) =>
    'reader' in row
      ? [row.line, row.reader.address, row.reader.name, row.reader.status]
      : [row.line, row.reason.slice(0, 20)],
  );
}

const wrong = expect.any(String) as string;

describe('an import of CSV', () => {
  test('has its columns in any order, and only the address is needed', () => {
    expect(read('Status,Name,E-Mail,shoe size\nactive,Ada,ada@example.org,38\n,,bob@example.org\n')).toEqual([
      [2, 'ada@example.org', 'Ada', 'active'],
      [3, 'bob@example.org', undefined, 'active'],
    ]);
    expect(read('email\nada@example.org')).toEqual([[2, 'ada@example.org', undefined, 'active']]);
  });

  test.each([
    ['a byte-order mark', '\ufeffemail,name\r\nada@example.org,Zoë\r\n'],
    ['UTF-16', Buffer.from('\ufeffemail,name\r\nada@example.org,Zoë\r\n', 'utf16le')],
    ['Excel’s own encoding', Buffer.from('email,name\r\nada@example.org,Zoë\r\n', 'latin1')],
    ['semicolons', 'email;name\nada@example.org;Zoë'],
    ['tabs', 'email\tname\nada@example.org\tZoë'],
    ['old Macintosh lines', 'email,name\rada@example.org,Zoë\r'],
    ['quotation marks', '"email","name"\n"ada@example.org","Zoë"\n'],
  ])('may come with %s', (_what, text) =>
    expect(read(text)).toEqual([[2, 'ada@example.org', 'Zoë', 'active']]),
  );

  test('keeps formula characters, and takes back what an export escaped', () => {
    expect(read('email,name\nada@example.org,=1+1\n\'+ada@example.org,"\'=HYPERLINK(1)"\n')).toEqual([
      [2, 'ada@example.org', '=1+1', 'active'],
      [3, '+ada@example.org', '=HYPERLINK(1)', 'active'],
    ]);
  });

  test('skips blank lines, tells of ragged and wrong ones, and counts lines as an editor does', () => {
    const text = [
      'email,name,status,note',
      '',
      'a@example.org,"Bob ""B"" Baumeister",active,"two',
      'lines"',
      ' , ,',
      'b@example.org',
      'nobody',
      'c@example.org,C,bounced',
      'd@example.org,http://evil.example',
      'e@example.org,E,Unsubscribed,x,y,z',
    ].join('\r\n');
    expect(read(text)).toEqual([
      [3, 'a@example.org', 'Bob "B" Baumeister', 'active'],
      [6, 'b@example.org', undefined, 'active'],
      [7, wrong],
      [8, wrong],
      [9, wrong],
      [10, 'e@example.org', 'E', 'unsubscribed'],
    ]);
  });

  test('loses one line, not the rest, to a quotation mark that nobody closed', () => {
    expect(read('email,name\n"a@example.org,A\nb@example.org,B\nc@example.org,"C"\n')).toEqual([
      [2, wrong],
      [3, 'b@example.org', 'B', 'active'],
      [4, 'c@example.org', 'C', 'active'],
    ]);
  });

  test('loses one line to a huge one', () => {
    expect(read(`email\n${'x'.repeat(5_000_000)}\n"${'y'.repeat(50_000)}\nb@example.org\n`)).toEqual([
      [2, wrong],
      [3, wrong],
      [4, 'b@example.org', undefined, 'active'],
    ]);
  });

  test('is refused without a column for the address', () => {
    expect(read('ada@example.org,Ada\n')).toEqual(wrong);
    expect(read('')).toEqual(wrong);
    expect(read('email,name\n')).toEqual([]);
  });

  test('reads tens of thousands of quoted rows in seconds', () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `"reader${n}@example.org","Reader ${n}",active`);
    const started = performance.now();
    expect(read(`email,name,status\n${lines.join('\n')}`)).toHaveLength(20_000);
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

test('an import of NDJSON has a reader a line', () => {
  const text =
    '{"email":"ada@example.org","name":"Ada","status":"pending"}\n\n{"email":"bob@example.org","x":1}\n{"email":3}\n[]\nnull\nno json';
  expect(read(text, 'application/x-ndjson')).toEqual([
    [1, 'ada@example.org', 'Ada', 'pending'],
    [3, 'bob@example.org', undefined, 'active'],
    [4, wrong],
    [5, wrong],
    [6, wrong],
    [7, wrong],
  ]);
});
