// The identities by which a post is recognised.
import { canonicalUrl } from '../../src/posts/identity/address.js';
import { groupPosts, identitiesOf } from '../../src/posts/identity/identity.js';
import { matchPosts } from '../../src/posts/identity/match.js';
import type { IncomingPost } from '../../src/posts/incoming.js';
import { preparePost } from '../../src/posts/prepare-post.js';

const post = (incoming: Partial<IncomingPost>) => preparePost({ title: 'A title', ...incoming });
const names = (incoming: Partial<IncomingPost>, scope = '7') => identitiesOf(post(incoming), scope).names;
const longText = 'Forty-two words about the harbour, its cranes and the people who paint them. '.repeat(5);

describe('canonical addresses', () => {
  test.each([
    ['http://www.Example.org:80/Post/1/?utm_source=rss&b=2&a=1#comments', 'example.org/Post/1?a=1&b=2'],
    ['https://example.org:443/post', 'example.org/post'],
    ['https://example.org/post/', 'example.org/post'],
    ['https://example.org/?p=12&fbclid=x&gclid=y&mc_cid=z', 'example.org?p=12'],
    ['https://example.org/p?ref=home', 'example.org/p?ref=home'],
    ['https://user:pass@example.org/p', 'example.org/p'],
    ['https://example.org/caf%c3%a9', 'example.org/caf%C3%A9'],
    ['https://example.org/#!/post/1', 'example.org#!/post/1'],
    ['https://example.org:8443/p', 'example.org:8443/p'],
    ['https://example.org/post/amp/', 'example.org/post'],
    ['https://example.org/post?amp', 'example.org/post'],
    ['https://example.org/post/?amp=1&b=2', 'example.org/post?b=2'],
    ['https://example.org/post?outputType=amp', 'example.org/post'],
    ['https://example.org/post.amp.html', 'example.org/post.html'],
    ['https://amp.example.org/post', 'example.org/post'],
    ['https://www.google.com/amp/s/www.example.org/post/', 'example.org/post'],
    ['https://example-org.cdn.ampproject.org/c/s/example.org/post', 'example.org/post'],
    ['https://example.org/amp/2026/post', 'example.org/2026/post'],
    ['https://example.org/2026/post.amp.html?amp', 'example.org/2026/post.html'],
    ['https://example.org/amp', 'example.org/amp'],
    ['https://example.org/amp/', 'example.org/amp'],
    ['https://example.org/guitars/amp/5', 'example.org/guitars/amp/5'],
    ['https://example.org/post/index.html', 'example.org/post'],
    ['https://example.org/post/Default.aspx', 'example.org/post'],
    ['https://example.org/index.php?p=5', 'example.org/?p=5'],
    ['https://example.org/index.php/post', 'example.org/index.php/post'],
    ['https://example.org/indexes/index.html.txt', 'example.org/indexes/index.html.txt'],
    [
      'https://example.org/p?xtor=RSS-1&CMP=rss&ns_campaign=a&ns_mchannel=b&wt_mc=rss.x&WT.mc_id=1',
      'example.org/p',
    ],
    [
      'https://example.org/p?at_medium=RSS&at_campaign=X&at_custom1=y&etcc_cmp=z&_gl=1&srsltid=2',
      'example.org/p',
    ],
    [
      'https://example.org/p?gad_source=1&mc_tc=x&ml_subscriber=1&hsa_acc=2&mibextid=3&spm=4',
      'example.org/p',
    ],
    ['https://example.org/p#xtor=RSS-8', 'example.org/p'],
    [
      'https://example.org/p?cmp=1&cid=2&source=3&campaign=4',
      'example.org/p?campaign=4&cid=2&cmp=1&source=3',
    ],
    ['https://example.org/p?wt=1&ns=2&at=3&sc=4', 'example.org/p?at=3&ns=2&sc=4&wt=1'],
    ['https://example.org/champ', 'example.org/champ'],
    // RFC 3986 section 6.2.2
    ['https://example.org/%7Eann/%70ost%2D1', 'example.org/~ann/post-1'],
    ['https://example.org/~ann/a%2fb%20c', 'example.org/~ann/a%2Fb%20c'],
    ['https://example.org/%40ann/post', 'example.org/@ann/post'],
    ['https://example.org/%7E%e9', 'example.org/~%E9'],
    ['https://example.org/cafe\u0301', 'example.org/caf%C3%A9'],
    ['https://example.org/cafe%CC%81?q=cafe%CC%81', 'example.org/caf%C3%A9?q=caf%C3%A9'],
    ['https://example.org/a/./b/../post', 'example.org/a/post'],
    ['https://example.org//2026///post//', 'example.org/2026/post'],
    ['https://example.org./post', 'example.org/post'],
    ['https://example.org/p?a=1&amp;b=2', 'example.org/p?a=1&b=2'],
    // Sessions
    ['https://example.org/p;jsessionid=1A2B3C?b=2', 'example.org/p?b=2'],
    ['https://example.org/(S(lit3py55t21z5v55vlm25s55))/post.aspx', 'example.org/post.aspx'],
    ['https://example.org/p?PHPSESSID=8f14e45f&id=5', 'example.org/p?id=5'],
    ['https://example.org/p?id=5&sid=9c1f8e7a6b5d4c3b', 'example.org/p?id=5'],
    ['https://example.org/p?CFID=12&CFTOKEN=34&osCsid=x', 'example.org/p'],
    ['https://example.org/p?s=harbour&sid=512', 'example.org/p?s=harbour&sid=512'],
    ['https://example.org/p?amp=5', 'example.org/p?amp=5'],
  ])('%s', (url, expected) => {
    expect(canonicalUrl(url)).toBe(expected.replace('.org?', '.org/?'));
  });

  test('only an http address has one', () => {
    expect(canonicalUrl('mailto:a@example.org')).toBeUndefined();
    expect(canonicalUrl('not an address')).toBeUndefined();
    expect(canonicalUrl(null)).toBeUndefined();
  });
});

describe('guids', () => {
  test('an opaque guid means something in its own feed only', () => {
    expect(names({ guid: '123' }, '7')[0]).not.toBe(names({ guid: '123' }, '8')[0]);
  });

  test.each([
    'https://example.org/?p=1',
    'urn:uuid:1',
    'tag:example.org,2026:1',
    '123e4567-e89b-42d3-a456-426614174000',
  ])('a guid that is unique in the world (%s) is the same in every feed', (guid) => {
    expect(names({ guid }, '7')[0]).toBe(names({ guid }, '8')[0]);
  });

  test('http and https, with and without www, are one guid; the fragment is part of it', () => {
    expect(names({ guid: 'http://www.example.org/log#v1' })[0]).toBe(
      names({ guid: 'https://example.org/log#v1' })[0],
    );
    expect(names({ guid: 'https://example.org/log#v1' })[0]).not.toBe(
      names({ guid: 'https://example.org/log#v2' })[0],
    );
  });

  test('identities are bounded', () => {
    const long = names({ guid: 'x'.repeat(5000), url: `https://example.org/${'y'.repeat(1900)}` });
    expect(long.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...long.map((name) => name.length))).toBeLessThan(260);
  });
});

test.each([
  ['urn:uuid:123E4567-E89B-42D3-A456-426614174000', 'urn:uuid:123e4567-e89b-42d3-a456-426614174000'],
  ['https://example.org/%7Eann#caf%c3%a9', 'https://example.org/~ann#cafe\u0301'],
  ['cafe\u0301-1', 'caf\u00e9-1'],
])('two spellings of a guid: %s', (one, other) => {
  expect(names({ guid: one })[0]).toBe(names({ guid: other })[0]);
});

test('a tracking fragment is no part of a guid', () => {
  expect(names({ guid: 'https://example.org/1#xtor=RSS-8' })[0]).toBe(
    names({ guid: 'https://example.org/1' })[0],
  );
});

test('only a long text identifies a post by its words, ignoring case and punctuation', () => {
  const printOf = (text: string) => names({ text }).find((name) => name.startsWith('print:'));
  expect(printOf('New episode out now!')).toBeUndefined();
  expect(printOf(longText)).toBeDefined();
  expect(printOf(longText)).toBe(printOf(longText.toUpperCase().replaceAll(',', ' –')));
});

describe('the same post twice in a document', () => {
  test.each<[string, Partial<IncomingPost>, Partial<IncomingPost>]>([
    [
      'by guid',
      { guid: '1', url: 'https://a.example/1' },
      { guid: '1', url: 'https://a.example/1', title: 'Edited' },
    ],
    [
      'by address',
      { guid: '1', url: 'https://a.example/1' },
      { guid: '2', url: 'https://a.example/1/?utm_medium=x' },
    ],
    ['by its words', { guid: '1', text: longText }, { guid: '2', text: longText }],
    ['without guid and address', { text: 'short' }, { text: 'short' }],
  ])('%s is one', (_, first, second) => {
    expect(groupPosts([post(first), post(second)], '7')).toHaveLength(1);
  });

  test.each<[string, Partial<IncomingPost>, Partial<IncomingPost>]>([
    [
      'that link to one page',
      { guid: 'a', url: 'https://a.example/changes#1', title: 'Version 1' },
      { guid: 'b', url: 'https://a.example/changes#2', title: 'Version 2' },
    ],
    [
      'whose guid is always 0',
      { guid: '0', url: 'https://a.example/1', title: 'One' },
      { guid: '0', url: 'https://a.example/2', title: 'Two' },
    ],
    [
      'that link to the front page',
      { url: 'https://a.example/', title: 'One' },
      { url: 'https://a.example/', title: 'Two' },
    ],
    [
      'on two hosts under one path',
      { url: 'https://a.example/post/1', title: 'X' },
      { url: 'https://b.example/post/1', title: 'X' },
    ],
  ])('different posts %s stay two', (_, first, second) => {
    expect(groupPosts([post(first), post(second)], '7')).toHaveLength(2);
  });
});

describe('a post whose host changed', () => {
  const old = post({
    guid: 'https://old.example/?p=5',
    url: 'https://old.example/2026/harbour',
    title: 'Harbour',
  });
  const ledger = new Map(
    [...identitiesOf(old, '7').names, ...identitiesOf(old, '7').places.map(({ identity }) => identity)].map(
      (name) => [name, { ...old, id: '1', feedId: '7' }],
    ),
  );
  const match = (posts: Partial<IncomingPost>[]) => {
    const prepared = posts.map(post);
    const groups = groupPosts(prepared, '7');
    return groups.map((group) => matchPosts(groups, ledger, prepared, '7').get(group)?.id);
  };
  const moved = {
    guid: 'https://new.example/?p=5',
    url: 'https://new.example/2026/harbour',
    title: 'Harbour',
  };

  test('is known by its path once the old host is gone from the feed', () => {
    expect(match([moved])).toEqual(['1']);
  });

  test('is another post while the old host is still in the feed', () => {
    expect(match([moved, { guid: 'x', url: 'https://old.example/2026/cranes', title: 'Cranes' }])).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('is another post if neither title nor date agree', () => {
    expect(match([{ ...moved, title: 'Something else' }])).toEqual([undefined]);
  });

  test('keeps its guid when only its address moves, and its address when only its guid does', () => {
    expect(match([{ ...moved, guid: 'https://old.example/?p=5' }])).toEqual(['1']);
    expect(match([{ ...moved, url: 'https://old.example/2026/harbour' }])).toEqual(['1']);
  });
});
