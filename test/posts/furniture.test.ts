// What publishing software puts around a post goes; the publisher's own words stay.
import { preparePost } from '../../src/posts/prepare-post.js';

const site = 'https://courier.example';
const url = `${site}/2026/old-bridge/`;
const title = 'The old bridge';
const prose = '<p>The bridge closes on Monday.</p>';
const of = (html: string): string => preparePost({ title, url, html }).html;

const source = (before: string, between: string, after = '.'): string =>
  `<p>${before}<a href="${url}">${title}</a>${between}<a href="${site}">Courier</a>${after}</p>`;
const share = (address: string, words: string): string =>
  `<li><a href="${address}"><span>${words}</span></a></li>`;

describe('furniture goes', () => {
  test.each([
    [
      'Jetpack’s sharing',
      '<div class="sharedaddy sd-sharing-enabled"><div class="robots-nocontent sd-block sd-social sd-sharing"><h3 class="sd-title">Share this:</h3><ul><li><a href="?share=x">Tweet</a></li></ul></div></div>',
    ],
    [
      'Jetpack’s likes',
      '<div class="sharedaddy sd-block sd-like jetpack-likes-widget-wrapper"><h3 class="sd-title">Like this:</h3><span>Like</span> <span>Loading…</span></div>',
    ],
    [
      'Jetpack’s related posts',
      '<div id="jp-relatedposts" class="jp-relatedposts"><h3><em>Related</em></h3><p><a href="/a">A</a></p></div>',
    ],
    [
      'AddToAny',
      '<p><a class="a2a_button_facebook" href="https://www.addtoany.com/add_to/facebook?linkurl=x">Facebook</a><a class="a2a_dd" href="https://www.addtoany.com/share">Share</a></p>',
    ],
    [
      'YARPP',
      '<div class="yarpp yarpp-related"><h3>Related posts:</h3><ol><li><a href="/a">A</a></li></ol></div>',
    ],
    [
      'Substack’s widget',
      '<div class="subscription-widget-wrap-editor"><div class="subscription-widget show-subscribe"><div class="preamble"><p>Marginalia is a reader-supported publication.</p></div><form><input type="email"></form></div></div>',
    ],
    [
      'Substack’s button',
      `<p class="button-wrapper" data-attrs="{}"><a class="button primary" href="${site}/subscribe?"><span>Subscribe now</span></a></p>`,
    ],
    [
      'Substack’s share button',
      `<p class="button-wrapper"><a class="button" href="${url}?utm_source=substack&amp;action=share"><span>Share</span></a></p>`,
    ],
    [
      'Substack’s comment button',
      `<p class="button-wrapper"><a class="button" href="${url.slice(0, -1)}/comments"><span>Leave a comment</span></a></p>`,
    ],
    [
      'Substack’s plea',
      '<p>Marginalia is a reader-supported publication. To receive new posts and support my work, consider becoming a free or paid subscriber.</p>',
    ],
    [
      'Substack’s thanks',
      '<p>Thanks for reading Marginalia! Subscribe for free to receive new posts and support my work.</p>',
    ],
    [
      'Ghost’s sign-up',
      `<div class="kg-card kg-signup-card"><h2>Sign up</h2><form><input></form></div><div><a href="${site}/#/portal/signup">Subscribe</a></div>`,
    ],
    [
      'Medium’s line',
      `<hr>${source('', ' was originally published in ', ' on Medium, where people are continuing the conversation by highlighting and responding to this story.')}`,
    ],
    [
      'Blogger’s footer',
      '<div class="blogger-post-footer"><img width="1" height="1" src="https://blogger.googleusercontent.com/tracker/1"/>Read the original at Courier.</div>',
    ],
    [
      'FeedBurner’s links',
      '<div class="feedflare"><a href="http://feeds.feedburner.com/~ff/x?d=1"><img src="http://feeds.feedburner.com/~ff/x?i=1" border="0"></a></div>',
    ],
    [
      'a bar by its links',
      `<h4>Share this:</h4><ul>${share('https://www.facebook.com/sharer/sharer.php?u=x', 'Facebook')}${share('https://x.com/intent/post?url=x', 'X')}${share('#print', 'Print')}${share('mailto:?subject=x', 'E-mail')}</ul>`,
    ],
    [
      'a bar in one line',
      '<p>Teilen: <a href="https://t.me/share/url?url=x">Telegram</a> | <a href="https://wa.me/?text=x">WhatsApp</a></p>',
    ],
    [
      'related posts by their heading',
      `<h3>You may also like</h3><ul><li><a href="${site}/a">A</a></li><li><a href="/b">B</a></li></ul>`,
    ],
    ['related posts with dates', `<div><h3>פוסטים קשורים</h3><p><a href="${site}/a">A</a> 3 May</p></div>`],
    ['WordPress’s line', source('The post ', ' appeared first on ')],
    ['the same in German', source('Der Beitrag ', ' erschien zuerst auf ')],
    ['the same in a language unknown here', source('', ' nevű bejegyzés először itt jelent meg: ')],
    ['the same without links', `<p>The post ${title} appeared first on Courier.</p>`],
    [
      'the same to another address',
      `<p>La entrada <a href="https://feeds.example/1">${title}</a> se publicó primero en <a href="${site}">Courier</a>.</p>`,
    ],
    [
      'the link to the rest',
      `<p><a class="more-link" href="${url}#more-12">Continue reading <span>${title}</span> <span class="meta-nav">→</span></a></p>`,
    ],
    [
      'several after each other',
      `${source('The post ', ' appeared first on ')}<div class="sharedaddy">x</div><hr><p><br></p>`,
    ],
  ])('%s', (_, furniture) => {
    expect(of(`${prose}${furniture}`)).toBe(prose);
    // With the whole post in one block, as some themes have it.
    expect(of(`<div class="entry">${prose}${furniture}</div>`)).toBe(`<div>${prose}</div>`);
  });

  test.each([
    ['<h2 id="detours">Detours<a class="anchor" href="#detours">#</a></h2>', '<h2>Detours</h2>'],
    [
      `<h3><a class="header-anchor" href="${url}#x" aria-label="Link"><svg></svg></a>Two</h3>`,
      '<h3>Two</h3>',
    ],
    ['<p>A friend. <a href="#fnref1" class="footnote-backref">↩︎</a></p>', '<p>A friend. </p>'],
    [`<p>Nothing was decided. <a href="${url}">Read more »</a></p>`, '<p>Nothing was decided. </p>'],
    ['<p>a</p><div class="addtoany_content"><p>Share</p></div><p>b</p>', '<p>a</p><p>b</p>'],
  ])('within the text: %s', (html, expected) => expect(of(html)).toBe(expected));
});

describe('the publisher’s own prose stays', () => {
  const link = (address: string, words: string): string => `<a href="${address}">${words}</a>`;
  test.each([
    '<p>The post office appeared first on Main Street.</p>',
    `<p>The post ${title} stood on appeared first on a map of 1804.</p>`,
    '<p>This story was originally published in the Gazette in 1926.</p>',
    `<p>As I said in ${link(url, title)}, and again on ${link(`${site}/`, 'this site')}: it closes. That is all there is to say about it, and I say it for the last time, until somebody asks me.</p>`,
    '<h3>Related work</h3><p>Others have measured bridges before.</p>',
    `<h3>Related</h3><p>The tunnel closes too, as ${link('https://else.example/t', 'they say')}.</p>`,
    `<h3>You may also like</h3><p>my grandmother’s recipe for soup, which takes a day: ${link(`${site}/soup`, 'soup')} is what we ate when the bridge was built.</p>`,
    '<p>Share this recipe with your friends.</p>',
    '<p>Share this:</p><p>The bridge is closed, and nobody knows why.</p>',
    `<p>I wrote a ${link('https://www.facebook.com/sharer/sharer.php?u=x', 'button')} that shares.</p>`,
    `<p>${link('https://other.example/subscribe', 'Subscribe to the Gazette')}</p>`,
    `<p>You can ${link(`${site}/subscribe`, 'subscribe')} or not; I will write either way.</p>`,
    '<p>Thanks for reading!</p>',
    '<p>Thanks for reading Middlemarch with me, and see you next week.</p>',
    '<p>Read more books, he says.</p>',
    `<p>The report is ${link(`${site}/report.pdf`, 'here')}. ${link('https://else.example/', 'Read more')}</p>`,
    `<p>It is on ${link(url, 'this page')}</p>`,
    `<h2>C#</h2><p>${link(`${url}#one`, '1')} is a note.</p>`,
    '<p>Loading…</p>',
    '<p>Subscribe</p>',
    `<p>${link('https://www.facebook.com/courier', 'Facebook')}</p>`,
  ])('%s', (html) => {
    const kept = preparePost({ title, url: 'https://else.example/1', html }).html;
    expect(of(html)).toBe(kept);
    expect(kept.replaceAll(/<[^>]*>/g, '')).toBe(html.replaceAll(/<[^>]*>/g, ''));
  });

  test('in a block with such a name, if it holds most of the post', () => {
    const long = `<p>${'The bridge closes on Monday. '.repeat(20)}</p>`.replace(' </p>', '</p>');
    expect(of(`<div class="share-buttons">${long}</div>`)).toBe(`<div>${long}</div>`);
  });

  test('a post that is furniture alone stays', () => {
    expect(of('<div class="sharedaddy"><p>Share this</p></div>')).toBe('<div><p>Share this</p></div>');
  });
});

describe('excerpts', () => {
  const excerptOf = (html: string, excerpt?: string): string =>
    preparePost({ title, url, html, ...(excerpt === undefined ? {} : { excerpt }) }).excerpt;

  test.each([
    [
      '<p>He said:</p><blockquote><p>To be or not.</p><p>That is it.</p></blockquote><p>We agree.</p>',
      'He said: To be or not. That is it. We agree.',
    ],
    [
      '<p>It began:</p><blockquote><p>we have too much tape</p>— R. Dobbs</blockquote>',
      'It began: we have too much tape — R. Dobbs',
    ],
    [
      '<p>We apologise for</p><ul><li>infrastructure</li><li>staff</li></ul>',
      'We apologise for infrastructure · staff',
    ],
    ['<ol><li>Wash.</li><li>Peel!</li><li>Eat</li></ol>', 'Wash. Peel! Eat'],
    ['<blockquote><ul><li>a<ul><li>b</li></ul></li></ul></blockquote>', 'a b'],
    [
      '<pre><code>const nodes = document.querySelectorAll("p");</code></pre><p>A line that counts.</p>',
      'A line that counts.',
    ],
    [
      '<h2>Part one</h2><figure><img src="https://a.example/1.jpg"><figcaption>The shelf.</figcaption></figure><p>It begins.</p>',
      'It begins.',
    ],
    ['<pre>only code</pre>', 'only code'],
    ['<h2>Only a heading</h2>', 'Only a heading'],
    ['<p>2 &gt; 1, and 3 * 4 = 12. &gt; Not a quote.</p>', '2 > 1, and 3 * 4 = 12. > Not a quote.'],
  ])('no marks, no code: %s', (html, expected) => {
    expect(excerptOf(html)).toBe(expected);
    expect(excerptOf('<p>Long.</p>', html)).toBe(expected);
  });

  test.each([
    ['It closes. The post The old bridge appeared first on Courier.', 'It closes.'],
    ['It closes on […] The post The old bridge appeared first on Courier.', 'It closes on…'],
    ['It closes on Monday. […]', 'It closes on Monday.'],
    ['It closes on Continue reading The old bridge →', 'It closes on…'],
    ['It closes. Read more', 'It closes.'],
    ['It closes on [&hellip;]', 'It closes on…'],
    ['The post office appeared first on Main Street.', 'The post office appeared first on Main Street.'],
    ['I want to read more', 'I want to read more'],
    ['Books. Read more books, he says, and be happy.', 'Books. Read more books, he says, and be happy.'],
    ['Fewer cars, and more', 'Fewer cars, and more'],
  ])('%s', (given, expected) => expect(excerptOf('<p>Long.</p>', given)).toBe(expected));
});
