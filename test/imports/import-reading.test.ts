// How an import reads a file: encodings, delimiters, quotation marks, wrong lines and times.
import { readLayout, readMap } from '../../src/imports/layout.js';
import { createIntake } from '../../src/imports/encoding.js';
import { readerRules, type ImportRow } from '../../src/imports/reader.js';
import { readLots } from '../../src/imports/rows.js';
import { inEnglish } from '../../src/languages/translate.js';
import { pieces } from './import-support.js';

const offer = {
  frequencies: ['daily', 'weekly'] as const,
  sendTime: '07:00',
  weeklyDay: 1,
  timezone: 'UTC',
  topics: ['Sport', 'Town'],
};

/** Reads the rows from the stored body, in pieces of `size` bytes. */
async function readRows(
  body: string | Buffer,
  { contentType = 'text/csv', map = '', size = 1000 } = {},
): Promise<{ rows: ImportRow[]; encoding: string; source: string | null } | string> {
  const intake = createIntake();
  const kept: Buffer[] = [];
  for await (const piece of pieces(body, size)) kept.push(intake.push(piece));
  kept.push(intake.end());
  const bytes = Buffer.concat(kept);
  const mapped = readMap(map);
  if (!mapped.ok) return inEnglish(mapped.reason);
  const layout = readLayout(bytes.toString('latin1'), contentType, {
    map: mapped.map,
    fields: { shoesize: 'shoeSize' },
    status: undefined,
    asksAll: false,
  });
  if (!layout.ok) return inEnglish(layout.reason);
  const { firstByte, firstLine, source } = layout.layout;
  const customFields = [
    { type: 'number' as const, name: 'shoeSize', label: 'Shoe size', required: false, integer: true },
  ];
  const rules = readerRules(layout.layout, { offer, customFields, now: new Date() });
  const rows: ImportRow[] = [];
  const from = { byte: firstByte, line: firstLine };
  for await (const lot of readLots(pieces(bytes.subarray(firstByte), size), { rules, from, size: 3 }))
    rows.push(...lot.rows);
  return { rows, encoding: intake.encoding, source };
}

async function read(...args: Parameters<typeof readRows>) {
  const result = await readRows(...args);
  if (typeof result === 'string') return result;
  return result.rows.map((row) =>
    'reader' in row
      ? [row.line, row.reader.address, row.reader.name, row.reader.status]
      : [row.line, inEnglish(row.reason).slice(0, 20)],
  );
}

const wrong = expect.any(String) as string;
const ada = [[2, 'ada@example.org', 'Zoë', 'active']];

describe('a body', () => {
  test.each<[string, string | Buffer, string]>([
    ['a byte-order mark', '\ufeffemail,name\r\nada@example.org,Zoë\r\n', 'utf-8'],
    ['UTF-16', Buffer.from('\ufeffemail,name\r\nada@example.org,Zoë\r\n', 'utf16le'), 'utf-16le'],
    ['UTF-16 without its mark', Buffer.from('email,name\r\nada@example.org,Zoë\r\n', 'utf16le'), 'utf-16le'],
    [
      'UTF-16, big end first',
      Buffer.from('\ufeffemail,name\r\nada@example.org,Zoë\r\n', 'utf16le').swap16(),
      'utf-16be',
    ],
    ['Excel’s own encoding', Buffer.from('email,name\r\nada@example.org,Zoë\r\n', 'latin1'), 'windows-1252'],
    ['semicolons', 'email;name\nada@example.org;Zoë', 'utf-8'],
    ['semicolons that Excel announces', 'sep=;\r\nemail;name\r\nada@example.org;Zoë', 'utf-8'],
    ['tabs', 'email\tname\nada@example.org\tZoë', 'utf-8'],
    ['bars', 'email|name\nada@example.org|Zoë', 'utf-8'],
    ['old Macintosh lines', 'email,name\rada@example.org,Zoë\r', 'utf-8'],
    ['quotation marks', '"email","name"\n"ada@example.org","Zoë"\n', 'utf-8'],
    ['another order and other columns', 'x,Name,E-Mail\n1,Zoë,ada@example.org\n', 'utf-8'],
    ['German names of columns', 'Vorname;E-Mail-Adresse\nZoë;ada@example.org\n', 'utf-8'],
    ['French names of columns', 'Prénom,Adresse e-mail\nZoë,ada@example.org\n', 'utf-8'],
    ['Hebrew names of columns', 'שם מלא,דוא״ל\nZoë,ada@example.org\n'.replace('״', ''), 'utf-8'],
  ])('may come with %s, in pieces of any size', async (_what, body, encoding) => {
    const lines = typeof body === 'string' && body.startsWith('sep=') ? 1 : 0;
    for (const size of [1, 2, 7, 10_000]) {
      expect(await readRows(body, { size })).toMatchObject({ encoding });
      expect(await read(body, { size })).toEqual(
        ada.map(([line, ...rest]) => [Number(line) + lines, ...rest]),
      );
    }
  });

  test('may have fields in several encodings, as a file has that many hands wrote', async () => {
    const body = Buffer.concat([
      Buffer.from('email,name\na@example.org,Zoë\n'),
      Buffer.from('b@example.org,Zoë “Z”\n'.replace('“', '\u0093').replace('”', '\u0094'), 'latin1'),
    ]);
    expect(await read(body)).toEqual([
      [2, 'a@example.org', 'Zoë', 'active'],
      [3, 'b@example.org', 'Zoë “Z”', 'active'],
    ]);
  });
});

test('formula characters stay, and what an export escaped is taken back', async () => {
  expect(await read('email,name\nada@example.org,=1+1\n\'+ada@example.org,"\'=HYPERLINK(1)"\n')).toEqual([
    [2, 'ada@example.org', '=1+1', 'active'],
    [3, '+ada@example.org', '=HYPERLINK(1)', 'active'],
  ]);
});

test('blank lines are skipped, invalid ones are reported, and lines are counted as an editor counts them', async () => {
  const text = [
    'email,name,status,note',
    '',
    'a@example.org,"Bob ""B"" Baumeister",active,"two',
    'lines"',
    ' , ,',
    'b@example.org',
    'nobody',
    'c@example.org,C,whatever',
    'd@example.org,http://evil.example',
    'e@example.org,E,Unsubscribed,x,y,z',
    'f@example.org,"six" feet, "bounced" ,',
  ].join('\r\n');
  for (const size of [1, 5, 1000])
    expect(await read(text, { size })).toEqual([
      [3, 'a@example.org', 'Bob "B" Baumeister', 'active'],
      [6, 'b@example.org', undefined, 'active'],
      [7, wrong],
      [8, wrong],
      // A link is not a name. It costs the row its name, not the reader.
      [9, 'd@example.org', undefined, 'active'],
      [10, 'e@example.org', 'E', 'unsubscribed'],
      [11, 'f@example.org', 'six" feet, "bounced', 'active'],
    ]);
});

test('an open quotation mark spoils only its own line', async () => {
  for (const size of [1, 20, 1000])
    expect(
      await read('email,name\n"a@example.org,A\nb@example.org,B\nc@example.org,"C"\n', { size }),
    ).toEqual([
      [2, wrong],
      [3, 'b@example.org', 'B', 'active'],
      [4, 'c@example.org', 'C', 'active'],
    ]);
});

test('a huge line spoils only itself', async () => {
  const body = `email\n${'x'.repeat(5_000_000)}\n"${'y'.repeat(100_000)}\nb@example.org\n`;
  expect(await read(body, { size: 100_000 })).toEqual([
    [2, wrong],
    [3, wrong],
    [4, 'b@example.org', undefined, 'active'],
  ]);
});

test('binary junk and NUL bytes are reported like any invalid line', async () => {
  const junk = Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 7919) % 251));
  const rows = await read(
    Buffer.concat([
      Buffer.from('email,name\na@example.org,A\n'),
      junk,
      Buffer.from('\nb@example.org,B\u0000\n'),
    ]),
  );
  expect(rows).toEqual(expect.arrayContaining([[2, 'a@example.org', 'A', 'active']]));
  expect(rows.at(-1)?.slice(1)).toEqual(['b@example.org', undefined, 'active']);
});

test.each([
  ['', /empty/],
  ['\n \n', /empty/],
  ['name,city\nAda,London\n', /name, city/],
  ['ada@example.org,Ada\n', /map=1:email,2:name/],
  ['PK\u0003\u0004xl/workbook.xml', /workbook/],
  ['<!DOCTYPE html><p>Sign in', /web page/],
])('%j is refused with a reason', async (body, reason) => expect(await read(body)).toMatch(reason));

test('a list of addresses needs no header, and columns may be named or numbered', async () => {
  expect(await read('ada@example.org\nbob@example.org\n')).toEqual([
    [1, 'ada@example.org', undefined, 'active'],
    [2, 'bob@example.org', undefined, 'active'],
  ]);
  expect(await read('Zoë,ada@example.org\n', { map: '2:email,1:name' })).toEqual([
    [1, 'ada@example.org', 'Zoë', 'active'],
  ]);
  expect(await read('Kunde,Post an\nZoë,ada@example.org\n', { map: 'Post an:email, Kunde:name' })).toEqual(
    ada,
  );
  expect(await read('Kunde,Post an\nZoë,ada@example.org\n', { map: 'Postfach:email' })).toMatch(/postfach/);
  expect(await read('email\n', { map: 'email:adress' })).toMatch(/not column:target/);
  expect(await read('email,name\n')).toEqual([]);
});

describe('a file without column names', () => {
  /** Follows the advice of a refusal, and reads the file again. */
  async function advised(body: string, map = '') {
    const refusal = String(await read(body, { map }));
    const advice = /map=(\S+:[a-z]+)/.exec(refusal)?.[1] ?? '';
    return { refusal, rows: await read(body, { map: advice }) };
  }
  const ann = [1, 'ann@example.org', 'Ann', 'active'];

  test.each([
    ['a name first', 'Ann,ann@example.org\nBob,bob@example.org\n'],
    ['the address first', 'ann@example.org;Ann\nbob@example.org;Bob\n'],
    ['a mailbox and other columns', '7\tAnn\t<ann@example.org>\n8\tBob\tmailto:bob@example.org\n'],
    ['an empty column at the end', 'Ann,ann@example.org,\nBob,bob@example.org,\n'],
    ['a comma in quotation marks', '"Ann","ann@example.org","x, y"\n"Bob","bob@example.org",""\n'],
  ])('%s: the advice loses no reader, not even the first', async (_what, body) => {
    const { rows } = await advised(body);
    expect(rows).toEqual([ann, [2, 'bob@example.org', 'Bob', 'active']]);
  });

  test('the advice names the column of the status, so that it counts', async () => {
    const { rows } = await advised('ann@example.org,unsubscribed,Ann\n');
    expect(rows).toEqual([[1, 'ann@example.org', 'Ann', 'unsubscribed']]);
  });

  test('a mapping by the first reader’s values is refused, because it would lose this reader', async () => {
    for (const map of ['ann@example.org:email', 'ann@example.org:email,Ann:name', 'Ann:name,2:email']) {
      const { refusal, rows } = await advised('Ann,ann@example.org\n', map);
      expect(refusal).toMatch(/first line is a reader/);
      expect(rows).toEqual([ann]);
    }
  });

  test('a damaged first address is an error, not a column name', async () => {
    for (const damaged of ['ann@@example.org', 'ann@example', 'ann@example..org', 'ann @example.org'])
      expect(await read(`Ann,${damaged}\nBob,bob@example.org\n`, { map: '1:name,2:email' })).toEqual([
        [1, wrong],
        [2, 'bob@example.org', 'Bob', 'active'],
      ]);
    expect(await read('ann@example\nbob@example.org\n')).toEqual([
      [1, wrong],
      [2, 'bob@example.org', undefined, 'active'],
    ]);
  });

  test('several addresses on the first line are not guessed at', async () => {
    for (const body of ['ann@example.org, bob@example.org\n', 'ann@example.org;bob@example.org;\n'])
      expect(await read(body)).toMatch(/a line of its own/);
    expect(await read('ann@example.org,boss@example.org\n', { map: '1:email' })).toEqual([
      [1, 'ann@example.org', undefined, 'active'],
    ]);
    expect(await read('email,ann@example.org\n')).toMatch(/first line is a reader/);
    expect(await read('ann@example.org\n', { map: '1:email,4:name' })).toMatch(/no column "4"/);
  });

  test('an @ in the name of a column makes no reader of it', async () => {
    for (const name of ['E-M@il', '@', 'em@il'])
      expect(await read(`name,${name}\nZoë,ada@example.org\n`, { map: '2:email' })).toEqual(ada);
  });

  test('with column names, the advice is the column that has the addresses', async () => {
    const { refusal, rows } = await advised('Kunde,"Post, privat"\nZoë,ada@example.org\n');
    expect(refusal).toMatch(/map=2:email/);
    expect(rows).toEqual([[2, 'ada@example.org', undefined, 'active']]);
  });
});

test('an address is read as address books and mail programs write it', async () => {
  for (const [written, name] of [
    ['<ann@example.org>', undefined],
    ['mailto:ann@example.org', undefined],
    ['MAILTO:ann%40example.org?subject=Hi', undefined],
    ['<mailto:ann@example.org>', undefined],
    ['Ann Lee <ann@example.org>', 'Ann Lee'],
    ['Ann Lee<ann@example.org>;', 'Ann Lee'],
    ['"Ann Lee" <ann@example.org>', 'Ann Lee'],
    ['"Lee, Ann" <ann@example.org>,', 'Lee, Ann'],
    ["'Ann Lee' <ann@example.org>", 'Ann Lee'],
    ['Ann Lee [mailto:ann@example.org]', 'Ann Lee'],
    ['ann@example.org (Ann Lee)', 'Ann Lee'],
    ['Ann Lee (ann@example.org)', 'Ann Lee'],
    ['ann@example.org <ann@example.org>', undefined],
    ['"Ann \\"A\\" Lee" <ann@example.org>', 'Ann "A" Lee'],
    ['=?utf-8?q?Ann?= <ann@example.org>', undefined],
  ] as const) {
    const quoted = `"${written.replaceAll('"', '""')}"`;
    expect([written, await read(`email\n${quoted}\n`)]).toEqual([
      written,
      [[2, 'ann@example.org', name, 'active']],
    ]);
    const json = `${JSON.stringify({ email: written })}\n`;
    expect([written, await read(json, { contentType: 'application/x-ndjson' })]).toEqual([
      written,
      [[1, 'ann@example.org', name, 'active']],
    ]);
  }
  // A list as a mail program copies it, with neither column names nor CSV's quotation marks.
  expect(await read('"Lee, Ann" <ann@example.org>\r\nBob <bob@example.org>\r\n<c@example.org>')).toEqual([
    [1, 'ann@example.org', 'Lee, Ann', 'active'],
    [2, 'bob@example.org', 'Bob', 'active'],
    [3, 'c@example.org', undefined, 'active'],
  ]);
  // The column of the name counts first. It may hold a mailbox too.
  expect(await read('name,email\nZoë,Ann <ada@example.org>\n')).toEqual(ada);
  expect(await read('name,email\nZoë <ada@example.org>,ada@example.org\n')).toEqual(ada);
  expect(await read("email\nAnn <ann@example.org> <bob@example.org>\no'neil@example.org\n")).toEqual([
    [2, wrong],
    [3, "o'neil@example.org", undefined, 'active'],
  ]);
});

describe('NDJSON', () => {
  const contentType = 'application/x-ndjson';
  test('is one object a line, with keys of any service', async () => {
    const body = [
      '{"email": "a@example.org", "name": "Zoë", "topics": ["sport"], "customFields": {"shoeSize": 38}}',
      '',
      '[1]',
      '{"email": 1',
      '{"email_address": "b@example.org", "unsubscribed_at": "2024-01-01", "Shoe size": "x"}',
    ].join('\n');
    for (const size of [1, 1000]) {
      const result = await readRows(body, { contentType, size });
      expect(result).toMatchObject({
        rows: [
          {
            line: 1,
            reader: { key: 'a@example.org', topics: ['Sport'], choices: '{"customFields":{"shoeSize":38}}' },
          },
          { line: 3, reason: { key: 'imports.lineNotJson' } },
          { line: 4, reason: { key: 'imports.lineNotJson' } },
          {
            line: 5,
            reader: {
              key: 'b@example.org',
              status: 'unsubscribed',
              remarks: expect.stringMatching(/Shoe/) as string,
            },
          },
        ],
      });
    }
    expect(await read('[{"email":"a@example.org"}]', { contentType })).toMatch(/array/);
  });
});

test('times, addresses and flags in many formats are read, and ambiguous values are not', async () => {
  const at = async (text: string) => {
    const result = await readRows(`email\tconfirmed_at\na@example.org\t${text}\n`);
    const [row] = typeof result === 'string' ? [] : result.rows;
    return row && 'reader' in row ? row.reader.confirmedAt : undefined;
  };
  const half = '2021-03-01T09:30:00.000Z';
  for (const text of [
    '2021-03-01 09:30:00',
    '2021-03-01T09:30:00Z',
    '2021-03-01T09:30:00.000Z',
    '2021-03-01 09:30:00 +0000 UTC',
    '2021-03-01 11:30:00.123456 +0200 CEST',
    '2021/03/01 9:30',
    '01.03.2021 09:30',
    'Mar 1, 2021, 9:30 AM',
    'March 1 2021 09:30',
    '1614591000',
    '1614591000000',
  ])
    expect([text, await at(text)]).toEqual([text, half]);
  expect(await at('31/12/2020')).toBe('2020-12-31T00:00:00.000Z');
  expect(await at('12/31/2020 1:00 PM')).toBe('2020-12-31T13:00:00.000Z');
  for (const text of [
    '01/02/2021',
    '31.02.2021',
    '2021-02-31 00:00:00',
    '2021-13-01',
    '0000-00-00 00:00:00',
    'soon',
    '17',
  ])
    expect([text, await at(text)]).toEqual([text, undefined]);
  // A consent cannot lie in the future.
  expect((await at('2090-01-01')) ?? '').toMatch(/^20[2-8]/);
});

// Takes 3 s on two busy cores. The limit catches a cost that grows with the square of the rows.
test('a hundred thousand quoted rows are read in seconds', async () => {
  const lines = Array.from({ length: 100_000 }, (_, n) => `"reader${n}@example.org","Reader ${n}",active`);
  const started = performance.now();
  expect(await read(`email,name,status\n${lines.join('\n')}`, { size: 500_000 })).toHaveLength(100_000);
  const unclosed = Array.from({ length: 20_000 }, (_, n) => `"reader${n}@example.org`);
  expect(await read(`email\n${unclosed.join('\n')}`, { size: 500_000 })).toHaveLength(20_000);
  expect((performance.now() - started) / 1000).toBeLessThan(60);
});
