// Which addresses and names are accepted, and how they are normalized.
import { inEnglish } from '../../src/languages/translate.js';
import { oneKey } from '../../src/secrets.js';
import { addressHash, parseAddress, parseName } from '../../src/subscribers/address.js';

const parsed = (text: string) => {
  const result = parseAddress(text);
  return result.ok ? result.address : inEnglish(result.reason);
};

describe('an address', () => {
  test.each([
    ['  ada@example.org ', 'ada@example.org'],
    ['Ada.Lovelace+digest@EXAMPLE.org', 'Ada.Lovelace+digest@example.org'],
    ["o'neil@example.org", "o'neil@example.org"],
    ['=1+1@example.org', '=1+1@example.org'],
    ['leser@bücher.example', 'leser@xn--bcher-kva.example'],
    ['leser@BÜCHER.example', 'leser@xn--bcher-kva.example'],
    ['josé@example.org', 'josé@example.org'],
    [`${'a'.repeat(64)}@example.org`, `${'a'.repeat(64)}@example.org`],
  ])('%j is mailed as %j', (text, address) => expect(parsed(text)).toBe(address));

  test.each([
    '',
    'ada',
    'ada@',
    '@example.org',
    'ada@@example.org',
    'ada@example.org, eve@example.org',
    'ada@example.org\r\nBcc: eve@example.org',
    'ada\n@example.org',
    'ada@example.org\0',
    'a da@example.org',
    'ada@exam\u200bple.org',
    '\u202eada@example.org',
    '"ada lovelace"@example.org',
    '"ada"@example.org',
    'ada(comment)@example.org',
    '<ada@example.org>',
    'Ada <ada@example.org>',
    '.ada@example.org',
    'ada.@example.org',
    'a..da@example.org',
    'ada@[127.0.0.1]',
    'ada@127.0.0.1',
    'ada@0x7f.1',
    'ada@localhost',
    'ada@example.org.',
    'ada@-example.org',
    'ada@exa_mple.org',
    'ada@example.org?subject=x',
    'ada@exa%6Dple.org',
    `${'a'.repeat(65)}@example.org`,
    `${'é'.repeat(33)}@example.org`,
    `a@${'b'.repeat(64)}.org`,
    `a@${`${'b'.repeat(60)}.`.repeat(4)}example.org`,
    'x'.repeat(100_000),
  ])('%j is invalid', (text) => expect(parseAddress(text)).toMatchObject({ ok: false }));

  test('has 254 octets at most, its domain in A-labels (RFC 5321 section 4.5.3.1.3)', () => {
    const domain = `${`${'b'.repeat(60)}.`.repeat(3)}org`; // 186 octets
    expect(parseAddress(`${'a'.repeat(254 - 187)}@${domain}`)).toMatchObject({ ok: false });
    expect(parseAddress(`${'a'.repeat(60)}@${domain}`)).toMatchObject({ ok: true });
  });

  test('has one key for all spellings of the mailbox', () => {
    const keys = ['José@Bücher.example', 'josé@xn--bcher-kva.EXAMPLE', 'JOSE\u0301@bücher.example'].map(
      (text) => {
        const result = parseAddress(text);
        return result.ok && result.key;
      },
    );
    expect(new Set(keys)).toEqual(new Set(['josé@xn--bcher-kva.example']));
  });

  test('is suppressed by a hash that depends on the secret', () => {
    const one = addressHash(oneKey(Buffer.from('one')), 'ada@example.org');
    expect(one).toHaveLength(32);
    expect(one).toEqual(addressHash(oneKey(Buffer.from('one')), 'ada@example.org'));
    expect(one).not.toEqual(addressHash(oneKey(Buffer.from('two')), 'ada@example.org'));
  });
});

describe('a name', () => {
  test.each([
    [' Ada  Lovelace ', 'Ada Lovelace'],
    ['=SUM(A1)', '=SUM(A1)'],
    ['J.R.R. Tolkien', 'J.R.R. Tolkien'],
    ['St.John O’Neil', 'St.John O’Neil'],
    ['Dr.No', 'Dr.No'],
    ['Prof.Dr.Li', 'Prof.Dr.Li'],
    ['Anna.Maria B.Li', 'Anna.Maria B.Li'],
    ['A. Com', 'A. Com'],
    ['John.Smith 1.2', 'John.Smith 1.2'],
    ['M.Sc. Zoë', 'M.Sc. Zoë'],
    ['.com', '.com'],
    ['👩‍👩‍👧‍👦'.repeat(64), '👩‍👩‍👧‍👦'.repeat(64)],
  ])('%j is kept as %j', (text, name) => expect(parseName(text)).toEqual({ ok: true, name }));

  test('may be left out', () => expect(parseName('  ')).toEqual({ ok: true, name: undefined }));

  test.each([
    'http://evil.example',
    'Win now www.evil.example',
    'You won: evil.example/prize',
    'write to eve@evil.example',
    'visit evil.com',
    'EVIL.COM wins',
    'Ada (shop.evil.co.uk)',
    'evil-2.xyz!',
    'Ada,bit.ly',
    'evil\u3002com',
    'evil\uff0ecom',
    'сайт.рф',
    'xn--e1afmkfd.xn--p1ai',
    'a.b.com',
    'Ada\r\nBcc: eve',
    'Ada\u202e',
    'Ada\0',
    'a'.repeat(65),
    'x'.repeat(100_000),
  ])('%j is invalid', (text) => expect(parseName(text)).toMatchObject({ ok: false }));
});
