// What a front page says about its site: name, language, colour, logos.
import { readColour, readSiteHead } from '../../src/formats/site-head.js';

const head = (html: string) => readSiteHead(html, 'https://quay.example/blog/');

test.each([
  ['<meta property="og:site_name" content="The &quot;Quay&quot;"><title>Other</title>', 'The "Quay"'],
  ["<meta content='The Quay' name='application-name'>", 'The Quay'],
  ['<title>The Quay &ndash; News from the harbour</title>', 'The Quay'],
  ['<title>Home | The Quay</title>', 'The Quay'],
  ['<title>\n  Startseite · Hafen&#8209;Blatt </title>', 'Hafen‑Blatt'],
  ['<title>Anne-Marie’s notes</title>', 'Anne-Marie’s notes'],
  ['<title>Home</title>', 'Home'],
  ['<!-- <title>Old</title> --><script>"<title>Script</title>"</script>', undefined],
])('the name of %s', (html, name) => {
  expect(head(html).name).toBe(name);
});

test.each([
  ['<html lang="pt-br">', 'pt-BR'],
  ['<html class=x lang=de><meta property="og:locale" content="fr_FR">', 'de'],
  ['<html><meta property="og:locale" content="fr_FR">', 'fr-FR'],
  ['<html lang="">', undefined],
  ['<html lang="xx-nonsense-tag">', undefined],
])('the language of %s', (html, language) => {
  expect(head(html).language).toBe(language);
});

test.each([
  ['<meta name="theme-color" content="#8A1C3B">', '#8a1c3b'],
  ['<meta name=theme-color content="#a13">', '#aa1133'],
  [
    '<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#203050"><meta name="theme-color" content="rgb(10, 90, 120)">',
    '#0a5a78',
  ],
  ['<meta name="theme-color" content="#fff"><style>:root{--ghost-accent-color: #FF1A75;}</style>', '#ff1a75'],
  [
    '<meta name="theme-color" content="black"><meta name="msapplication-TileColor" content="#da532c">',
    '#da532c',
  ],
  ['<meta name="theme-color" content="#15171a">', undefined],
])('the colour of %s', (html, colour) => {
  expect(head(html).colour).toBe(colour);
});

test('colours in other notations are left out', () => {
  expect(['#12345', 'hsl(1 2% 3%)', 'red', 'rgb(1,2)', ''].map(readColour)).toEqual(Array(5).fill(undefined));
});

test('logos come before icons, the largest icon first, without SVG, ICO and unsafe addresses', () => {
  const html = `<link rel="shortcut icon" href="/favicon.ico"><link rel="icon" sizes="32x32" href="/32.png">
    <link rel="apple-touch-icon" href="/touch.png"><link rel="icon" href="/icon.svg">
    <script type="application/ld+json">{"@graph":[{"@type":"Organization","logo":{"@type":"ImageObject","contentUrl":"/org.png"}}]}</script>
    <script type="application/ld+json">{"logo": broken</script>
    <img class="site-logo" src="javascript:alert(1)"><img class="site-logo" data-src="logo.webp" src="data:image/gif;base64,R0">
    <img alt="A ship" src="/ship.jpg">`;
  expect(head(html).logos).toEqual([
    { url: 'https://quay.example/org.png', isIcon: false },
    { url: 'https://quay.example/blog/logo.webp', isIcon: false },
    { url: 'https://quay.example/touch.png', isIcon: true },
    { url: 'https://quay.example/32.png', isIcon: true },
  ]);
});

test('a hostile page costs no time', () => {
  const begin = performance.now();
  for (const piece of [
    '<meta name="theme-color" ',
    '<script type="application/ld+json">',
    '<title>',
    '<img class="logo" src="',
    '<!--',
  ])
    head(piece.repeat(100_000));
  expect(performance.now() - begin).toBeLessThan(5_000);
});
