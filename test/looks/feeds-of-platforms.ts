// Full texts as Substack and WordPress write them, with their furniture.
import { comments, type SiteFeed } from './feed-xml.js';

const shelf = (size: string): string =>
  `<div class="captioned-image-container"><figure><a class="image-link image2 is-viewable-img" target="_blank" href="SITE/pictures/${size}/snow.jpg"><div class="image2-inset"><picture><source type="image/webp" srcset="SITE/pictures/848x566/snow.jpg 848w"><img src="SITE/pictures/${size}/snow.jpg" width="1456" height="971" data-attrs="{}" class="sizing-normal" alt="" title=""></picture><div class="image-link-expand"><div class="pencraft icon-container restack-image"><svg width="20" height="20"><path d="M1 1"></path></svg></div></div></div></a><figcaption class="image-caption">The shelf. Photo by the author.</figcaption></figure></div>`;

const widget =
  '<div class="subscription-widget-wrap-editor"><div class="subscription-widget show-subscribe"><div class="preamble"><p class="cta-caption">Marginalia is a reader-supported publication. To receive new posts and support my work, consider becoming a free or paid subscriber.</p></div><form class="subscription-widget-subscribe"><input type="email" class="email-input" placeholder="Type your email…"><input type="submit" class="button primary" value="Subscribe"></form></div></div>';

const button = (words: string): string =>
  `<p class="button-wrapper" data-component-name="ButtonCreateButton"><a class="button primary" href="SITE/subscribe?"><span>${words}</span></a></p>`;

const essay = `<p>There are two kinds of people who write in books, and I have lived with both of them.</p>${button('Subscribe now')}${shelf('1456x971')}
<p>The first kind writes to the author. You find them in the margins of philosophy, mostly, disagreeing in pencil with the dead.</p>
<h3 class="header-anchor-post">The second kind</h3><p>writes to whoever comes next.<a class="footnote-anchor" id="footnote-anchor-1" href="#footnote-1" target="_self">1</a> My copy of <em>Middlemarch</em> was once owned by a nurse who noted, on page 211, the night on which she read it, and the ward.</p>
<div class="pullquote"><p>Ward four. All asleep but Mr. Bell, who wants to know what happens.</p></div>
<p>I never found out whether she told him.</p>${widget}
<blockquote><p>A note in a margin is a letter with no envelope, and it arrives.</p></blockquote><p>Which is why I stopped buying new copies.</p>
<div class="footnote"><a id="footnote-1" href="#footnote-anchor-1" class="footnote-number" target="_self">1</a><div class="footnote-content"><p>A friend calls these people lamplighters.</p></div></div>${button('Share')}${button('Leave a comment')}`;

export const substack: SiteFeed = {
  name: 'marginalia',
  title: 'Marginalia',
  language: 'en',
  items: [
    {
      title: 'People who write in books',
      slug: 'p/people-who-write-in-books',
      author: 'Ilse Marr',
      summary: 'And the nurse on ward four.',
      html: essay,
      raw: '<enclosure url="https://substackcdn.com/image/fetch/$s_!abcd!,f_auto,q_auto:good,fl_progressive:steep/https%3A%2F%2Fsubstack-post-media.s3.amazonaws.com%2Fsnow.jpg" length="0" type="image/jpeg"/>',
    },
    {
      title: 'Open thread: what did you underline?',
      slug: 'p/open-thread',
      author: 'Ilse Marr',
      html: `<p>Tell me. I’ll start: “It was not the thought that so many had died, it was that they had been so many.”</p>${button('Leave a comment')}`,
      raw: comments('LINK', 212),
    },
  ],
};

const share =
  '<div class="sharedaddy sd-sharing-enabled"><div class="robots-nocontent sd-block sd-social sd-social-icon-text sd-sharing"><h3 class="sd-title">Share this:</h3><div class="sd-content"><ul><li class="share-twitter"><a href="SITE/?share=twitter"><span>Tweet</span></a></li><li class="share-facebook"><a href="SITE/?share=facebook"><span>Facebook</span></a></li><li><a href="#print"><span>Print</span></a></li></ul></div></div></div><div class="sharedaddy sd-block sd-like"><h3 class="sd-title">Like this:</h3><div class="likes-widget-placeholder"><span class="button">Like</span> <span class="loading">Loading…</span></div></div>';

const related =
  '<div id="jp-relatedposts" class="jp-relatedposts"><h3 class="jp-relatedposts-headline"><em>Related</em></h3><p><a href="SITE/a">The bridge that was never closed</a></p></div>';

const bridge = `<p><img width="1024" height="576" src="SITE/pictures/1024x576/dawn.jpg" class="attachment-large wp-post-image" alt="Cars queue on the old bridge" decoding="async"></p>
<p>The old bridge closes on Monday for fourteen months, the city said on Friday, two days after it had said that it would not.</p>
<h2 class="wp-block-heading" id="detours">Detours<a class="anchor" href="#detours">#</a></h2>
<ul class="wp-block-list"><li><strong>Cars</strong> go by the ring road.</li><li><strong>Buses 4 and 9</strong> end at Quay Street.</li><li><strong>Bicycles</strong> are carried across, “in the order in which they arrive”.</li></ul>
<hr class="wp-block-separator"><p>The engineer’s report runs to 214 pages. Page 3 is the important one:</p>
<blockquote class="wp-block-quote"><p>Do not wait for spring.</p><cite>Report 2026/11, p. 3</cite></blockquote>
<p><img src="https://s.w.org/images/core/emoji/14.0.0/72x72/1f6a7.png" alt="🚧" class="wp-smiley" style="height: 1em;"> Work begins at 6:00.</p>${share}${related}
<p>The post <a href="SITE/old-bridge">The old bridge closes on Monday</a> appeared first on <a href="SITE/">Quayside Courier</a>.</p>`;

export const courier: SiteFeed = {
  name: 'quayside-courier',
  title: 'Quayside Courier',
  language: 'en-GB',
  items: [
    {
      title: 'The old bridge closes on Monday',
      slug: 'old-bridge',
      author: 'Staff writer',
      topics: ['City'],
      summary:
        '<p>The old bridge closes on Monday for fourteen months, the city said on Friday. [&#8230;]</p><p>The post <a href="SITE/old-bridge">The old bridge closes on Monday</a> appeared first on <a href="SITE/">Quayside Courier</a>.</p>',
      html: bridge,
      raw: `${comments('LINK', 57)}<media:thumbnail url="SITE/pictures/300x169/dawn.jpg" width="300" height="169"/>`,
    },
    {
      title: 'Council minutes',
      slug: 'minutes',
      topics: ['City'],
      html: '<p>Nothing was decided. <a href="SITE/minutes">Continue reading <span class="meta-nav">→</span></a></p>',
      raw: comments('LINK', 0),
    },
  ],
};
