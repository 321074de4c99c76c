// Posts like those of real sites, for tests of mail.
import { plainImages } from '../../src/images/image-book.js';
import { defaultLook, type TemplateName } from '../../src/newsletters/look.js';
import type { DigestInput, DigestPost } from '../../src/digest/render-digest.js';

const at = 'https://harbourpost.example';

export const posts: DigestPost[] = [
  {
    title: 'The bakery that opens at midnight, and the people who queue for it',
    url: `${at}/2026/11/midnight-bakery`,
    author: 'Ingrid Åkerström',
    image: { url: `${at}/bakery.jpg`, width: 1600, height: 900, alt: 'A lit shop window on a dark street' },
    excerptText: '“You come for the rye,” says one, “and you stay because nobody here is in a hurry.”',
    commentCount: 48,
    topics: [],
  },
  {
    title: 'Ferry timetable changes from Monday',
    url: `${at}/ferries?utm_source=feed&day=1`,
    excerptText: 'The 06:40 to Gråholmen leaves ten minutes earlier.',
    topics: [],
  },
  {
    title: 'Café Zażółć gęślą jaźń: review',
    url: `${at}/cafe`,
    author: 'Małgorzata Wójcik',
    image: { url: `${at}/cafe.jpg`, width: 800, height: 800 },
    excerptText: 'We went three times to be fair.',
    commentCount: 1,
    topics: [],
  },
  {
    title: '海辺の図書館が再開しました',
    url: `${at}/library`,
    image: { url: `${at}/library.jpg` },
    excerptText: '三年間の改修を経て、港の図書館が土曜日に再び扉を開けます。'.repeat(4),
    topics: [],
  },
  {
    title: `What the harbour sounded like in 1926, ${'according to people who kept the logs, '.repeat(4)}and others`,
    url: `${at}/sounds/${'a-very-long-address-'.repeat(8)}`,
    excerptText: 'Elin Dahl’s diaries fill nineteen notebooks. '.repeat(30),
    topics: [],
  },
];

export function input(changes: Partial<DigestInput> = {}): DigestInput {
  return {
    newsletter: {
      name: 'The Harbour Post',
      siteUrl: 'https://www.harbourpost.example/',
      postalAddress: 'Harbour Post Ltd\nKajgatan 4\n411 09 Göteborg, Sweden',
      language: 'en',
      timezone: 'Europe/Stockholm',
      content: 'excerpt',
      look: defaultLook,
    },
    subjectTemplate: '{{newsletter}}: {{firstTitle}}{{#if others}} and {{others}} more{{/if}}',
    slot: new Date('2026-11-23T06:00:00Z'),
    posts,
    more: 3,
    unsubscribeUrl: 'https://mail.harbourpost.example/unsubscribe/Placeholder_token-0123456789',
    preferencesUrl: 'https://mail.harbourpost.example/preferences/Placeholder_token-9876543210',
    ...changes,
  };
}

export const withContent = (content: DigestInput['newsletter']['content']): DigestInput['newsletter'] => ({
  ...input().newsletter,
  content,
});

export const withTemplate = (
  template: TemplateName,
  changes: Partial<DigestInput['newsletter']> = {},
): DigestInput['newsletter'] => ({
  ...input().newsletter,
  look: { ...defaultLook, template },
  ...changes,
});

/** The style settings of whole posts, for tests of their HTML. */
export const bodyStyle = { column: 536, accent: '#0b5a78', direction: 'ltr', images: plainImages } as const;

/** `count` posts, each about as long as the longest posts. */
export const longPosts = (count: number): DigestPost[] =>
  Array.from({ length: count }, (_, index) => ({
    title: `Nummer ${index}: ${'Größere Änderungen über Nacht '.repeat(6)}`,
    url: `${at}/${index}/${'groessere-aenderungen-'.repeat(6)}`,
    author: 'Jürgen Müller-Lüdenscheidt',
    image: {
      url: `${at}/${index}/${'bild-'.repeat(20)}.jpg`,
      width: 1200,
      height: 800,
      alt: 'Ein Bild'.repeat(8),
    },
    excerptText: 'Die Größe der Änderungen übertrifft alles, was wir kennen. '.repeat(20),
    html: `<p>${'Die Größe der Änderungen <em>übertrifft</em> alles. '.repeat(100)}</p>`,
    commentCount: index,
    topics: [],
  }));
