// Damage to one item of a feed changes no other item.
import fc from 'fast-check';
import type { IncomingPost } from '../../src/posts/incoming.js';
import { readDocument } from '../../src/formats/read-document.js';
import { expectAlways } from '../support/random-input.js';

const url = 'https://site.example/feed.xml';

const html = (number: number) =>
  `<p>Words of <a href="/p/${number}?a=1&amp;b=2">post ${number}</a>.</p><p>AT&amp;T &lt;3</p>`;
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

type Style = (number: number) => string;

const rssItem =
  (text: (html: string) => string): Style =>
  (number) =>
    `<title>Post ${number} &amp; more</title><link>https://site.example/${number}?a=1&amp;b=2</link>
     <guid isPermaLink="false">id-${number}</guid><pubDate>Mon, 0${number} Nov 2026 07:00:00 GMT</pubDate>
     <media:thumbnail url="https://site.example/${number}.jpg" width="640"/><dc:creator>Ann ${number}</dc:creator>
     <category>News</category><description>${text(html(number))}</description>`;

const styles: Record<string, { item: Style; wrap: (items: string[]) => string }> = {
  'RSS with escaped text': { item: rssItem(escaped), wrap: wrapRss },
  'RSS with CDATA': { item: rssItem((text) => `<![CDATA[${text}]]>`), wrap: wrapRss },
  Atom: {
    item: (
      number,
    ) => `<title type="html">Post ${number} &amp;amp; more</title><link href="https://site.example/${number}"/>
      <id>urn:x:${number}</id><updated>2026-11-0${number}T07:00:00Z</updated><author><name>Ann</name></author>
      <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">${html(number)}</div></content>`,
    wrap: (items) =>
      `<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>${items.map((item) => `<entry>${item}</entry>`).join('\n')}</feed>`,
  },
};

function wrapRss(items: string[]): string {
  return `<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>T</title>
    ${items.map((item) => `<item>${item}</item>`).join('\n')}</channel></rss>`;
}

const numbers = [1, 2, 3, 4, 5];

async function read(document: string): Promise<IncomingPost[]> {
  return (await readDocument(document, url)).items.map(({ post }) => post);
}

/** The posts but those of the damaged item, which may have become several or none. */
async function othersOf(document: string, damaged: number): Promise<IncomingPost[]> {
  const others = numbers.filter((number) => number !== damaged);
  return (await read(document)).filter(({ guid }) =>
    others.some((number) => guid?.endsWith(`${guid.startsWith('id-') ? 'id-' : ':'}${number}`)),
  );
}

const junk = [
  '<', '&', '&word', '<3 cats', '<b', '</', '<b>', '<br>', '</b>', '<p class=x>', '<a href="x>', '<![CDATA[', ']]>', '<!--',
  '-->', '"', "'", '>', '<link', '</title', '</titl>', '<guid', '<title>', '<description>', '</description>', '<x:y ', '<?php ',
  '<!DOCTYPE html>', '&nbsp', '&#', '<enclosure url=a.mp3>', '<a b=c d="e" f=\'g>',
]; // prettier-ignore

/** Damage to an item's text: something put in, and something lost, at a place. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  put: fc.constantFrom('', ...junk),
  lost: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 })),
});

describe.each(Object.keys(styles))('%s', (name) => {
  const { item, wrap } = styles[name] ?? { item: () => '', wrap: wrapRss };
  const good = numbers.map(item);

  test('damage anywhere in one item', async () => {
    const whole = await read(wrap(good));
    expect(whole.map(({ url: link }) => link?.slice(0, 22))).toEqual(
      numbers.map((number) => `https://site.example/${number}`),
    );
    await expectAlways(
      [fc.integer({ min: 0, max: 4 }), damage],
      async (index, { at, put, lost }) => {
        const text = good[index] ?? '';
        const place = Math.floor(at * text.length);
        const damaged = text.slice(0, place) + put + text.slice(place + lost);
        const found = await othersOf(wrap(good.with(index, damaged)), index + 1);
        expect(found).toEqual(whole.toSpliced(index, 1));
      },
      100,
    );
  });
});

test('a bare "<" in one item takes nothing from another with "&" before a tag', async () => {
  const items = [
    '<title>Our R&D</title><link>https://site.example/1</link><guid>g1</guid><description>All about AT&amp;T</description>',
    '<title>I <3 cats</title><link>https://site.example/2</link><guid>g2</guid><description>w</description>',
  ];
  expect(await read(wrapRss(items))).toMatchObject([
    { guid: 'g1', url: 'https://site.example/1', title: 'Our R&D', html: 'All about AT&T' },
    { guid: 'g2', url: 'https://site.example/2', title: 'I <3 cats', html: 'w' },
  ]);
});
