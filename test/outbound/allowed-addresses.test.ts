// The addresses that feeds may reach, and the private ones that they must not.
import { inEnglish } from '../../src/languages/translate.js';
import {
  isPublicAddress,
  mayConnect,
  readAllowance,
  readFeedUrl,
} from '../../src/outbound/allowed-addresses.js';

test.each(['1.1.1.1', '93.184.216.34', '2606:4700::1111', '2a00:1450:4001::200e'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

test.each([
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '100.100.100.200',
  '192.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:93.184.216.34',
  '::127.0.0.1',
  '64:ff9b::a00:1',
  '64:ff9b:1::a00:1',
  '2002:a00:1::',
  '2001:0:a00:1::',
  '2001:db8::1',
  'fe80::1',
  'fe80::1%eth0',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  'not an address',
])('%s is not', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

describe('ALLOW_PRIVATE_FEEDS', () => {
  test.each<[string[], string, string, boolean]>([
    [[], 'x.example', '10.0.0.1', false],
    [['10.0.0.0/8'], 'x.example', '10.0.0.1', true],
    [['10.0.0.0/8'], 'x.example', '172.16.0.1', false],
    [['10.0.0.0/8'], 'x.example', '192.168.0.1', false],
    [['10.0.0.0/8'], 'x.example', '::ffff:10.0.0.1', true],
    [['127.0.0.1'], '127.0.0.1', '127.0.0.1', true],
    [['127.0.0.1'], '127.0.0.2', '127.0.0.2', false],
    [['fd00::/8'], 'x.example', 'fd12::1', true],
    [['[::1]'], 'x.example', '::1', true],
    [['Blog.internal'], 'blog.internal', '10.0.0.1', true],
    [['blog.internal'], 'evil.blog.internal', '10.0.0.1', false],
  ])('%j lets %s (%s) pass: %s', (entries, host, address, expected) => {
    expect(mayConnect(host, address, readAllowance(entries))).toBe(expected);
  });
});

describe('a feed’s address', () => {
  const none = readAllowance([]);
  test.each([
    ['https://blog.example/feed', 'https://blog.example/feed'],
    [' HTTPS://Blog.Example:443/feed#top ', 'https://blog.example/feed'],
    ['feed://blog.example/feed', 'https://blog.example/feed'],
    ['feed:http://blog.example/feed', 'http://blog.example/feed'],
    ['https://bücher.example/feed', 'https://xn--bcher-kva.example/feed'],
  ])('%s', (text, expected) => {
    expect(readFeedUrl(text, none)).toEqual({ ok: true, url: expected });
  });

  test.each([
    'blog.example/feed',
    '',
    'ftp://blog.example/feed',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://user:secret@blog.example/feed',
    'http://localhost/feed',
    'http://app.localhost/feed',
    'http://127.0.0.1/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://017700000001/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data/',
    `https://blog.example/${'x'.repeat(3000)}`,
  ])('%s is refused with the reason', (text) => {
    const read = readFeedUrl(text, none);
    expect(read.ok ? '' : inEnglish(read.reason)).toMatch(/^\S.{20,}$/);
    expect(JSON.stringify(read)).not.toContain('secret');
  });
});
