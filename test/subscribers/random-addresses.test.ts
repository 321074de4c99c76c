// Random addresses: properties of each address that the parser accepts.
import { domainToUnicode } from 'node:url';
import fc from 'fast-check';
import { parseAddress } from '../../src/subscribers/address.js';
import { expectAlways, textOf } from '../support/random-input.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.emailAddress(),
  textOf(
    'a',
    'É',
    'é',
    'ß',
    'İ',
    '東京',
    '.',
    '..',
    '-',
    '_',
    '@',
    '@@',
    '"',
    '<',
    '>',
    ',',
    ' ',
    '\r\n',
    '\0',
    '%0a',
    '\u202e',
    '\u200b',
    'xn--',
    '.org',
    '1.2',
    '[::1]',
    'K',
  ),
);

test('an accepted address is one mailbox that fits a header line and an SMTP command', () =>
  expectAlways(
    [anyText],
    (text) => {
      const parsed = parseAddress(text);
      fc.pre(parsed.ok);
      const { address, domain } = parsed;
      // RFC 5321 section 4.5.3.1: at most 64 octets before the @, at most 254 in all.
      const [local = '', ...rest] = address.split('@');
      expect(rest).toEqual([domain]);
      expect(Buffer.byteLength(local)).toBeLessThanOrEqual(64);
      expect(Buffer.byteLength(address)).toBeLessThanOrEqual(254);
      // No character ends a header line, is invisible, or starts a second address.
      expect(address).not.toMatch(/[\s<>,;:"()[\]\\]|\p{C}/u);
      // RFC 1035 section 2.3.1: a domain is made of labels of letters, digits and hyphens. It needs two or
      // more.
      expect(domain).toMatch(/^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/);
      expect(domain).not.toMatch(/(^|\.)-|-(\.|$)/);
    },
    5_000,
  ));

test('an accepted address is accepted again, unchanged, and so is its key', () =>
  expectAlways([anyText], (text) => {
    const first = parseAddress(text);
    fc.pre(first.ok);
    expect(parseAddress(first.address)).toEqual(first);
    expect(parseAddress(first.key)).toMatchObject({ ok: true, key: first.key });
  }));

test('the spellings of a mailbox share one key: letter case, composed characters, either form of the domain', () =>
  expectAlways([fc.emailAddress(), fc.constantFrom('', 'é', 'ü', 'ñ')], (plain, letter) => {
    const first = parseAddress(`${letter}${plain}`);
    fc.pre(first.ok);
    const [local = '', domain = ''] = first.address.split('@');
    for (const spelling of [
      `${local.toUpperCase()}@${domain.toUpperCase()}`,
      first.address.normalize('NFD'),
      `${local}@${domainToUnicode(domain)}`,
      ` ${first.address}\n`,
    ])
      expect(parseAddress(spelling)).toMatchObject({ ok: true, key: first.key });
  }));
