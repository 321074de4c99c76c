// Pictures first: recipes, photo galleries, a podcast, videos.
import { comments, type SiteFeed } from './feed-xml.js';

const chicken = `<p>One pan, one lemon, forty minutes. The skin must be dry before it meets the oil; everything else forgives.</p>
<p><a href="SITE/pictures/1200x1800/noon.jpg"><img class="alignnone size-large" src="SITE/pictures/1200x1800/noon.jpg" alt="A cast-iron pan seen from above, chicken thighs and lemon halves" width="1200" height="1800" srcset="SITE/pictures/600x900/noon.jpg 600w"></a></p>
<div class="wprm-recipe-container"><h2 class="wprm-recipe-name">One-Pan Lemon Chicken</h2>
<p><strong>Prep</strong> 10 mins &nbsp; <strong>Cook</strong> 30 mins &nbsp; <strong>Serves</strong> 4</p>
<h3>Ingredients</h3><ul><li>8 chicken thighs, bone in</li><li>2 lemons, one sliced, one halved</li><li>1 tbsp olive oil, 2 cloves of garlic</li><li>½ tsp salt<ul><li>or 1 tsp of a coarse one</li></ul></li></ul>
<h3>Method</h3><ol><li>Pat the thighs dry, salt them, and leave them for ten minutes.</li><li>Brown them skin down for eight minutes. <em>Do not move them.</em></li><li>Turn, add lemons and garlic, and put the pan in the oven at 200&nbsp;°C for twenty minutes.</li></ol>
<table class="nutrition"><caption>Nutrition, a serving</caption><tr><td>Calories</td><td align="right">412 kcal</td></tr><tr><td>Protein</td><td align="right">31 g</td></tr><tr><td>Fat</td><td align="right">29 g</td></tr></table></div>`;

const soup = `<p><img src="SITE/pictures/1024x683/snow.jpg" width="1024" height="683" alt="Bowl of barley soup"></p><p>My grandmother’s, with her measurements:</p><ul><li>barley, “until it looks right”</li><li>a carrot for each person and one for the pot</li></ul><figure class="wp-block-pullquote"><blockquote><p>Soup is what you make when you do not know who is coming.</p><cite>Babette Kral, 1931–2019</cite></blockquote></figure><p>It keeps for three days. It never has.</p>`;

export const kitchen: SiteFeed = {
  name: 'small-kitchen',
  title: 'Small Kitchen',
  language: 'en-US',
  items: [
    {
      title: 'One-Pan Lemon Chicken',
      slug: 'lemon-chicken',
      author: 'Rosa',
      html: chicken,
      topics: ['Dinner'],
      raw: `${comments('LINK', 128)}<media:content url="SITE/pictures/1200x1800/noon.jpg" medium="image" width="1200" height="1800"/>`,
    },
    {
      title: 'Barley soup for whoever comes',
      slug: 'barley-soup',
      author: 'Rosa',
      html: soup,
      topics: ['Soup'],
    },
  ],
};

const figure = (scene: string, size: string, caption = ''): string =>
  `<figure class="wp-block-image size-large"><a href="SITE/pictures/${size}/${scene}.jpg"><img src="SITE/pictures/${size}/${scene}.jpg" alt="" width="${size.split('x')[0]}" height="${size.split('x')[1]}"></a>${caption && `<figcaption class="wp-element-caption">${caption}</figcaption>`}</figure>`;

const gallery = `<p>Six mornings at the same bench.</p><figure class="wp-block-gallery has-nested-images columns-3 is-cropped">${figure('dawn', '1024x683', 'Monday')}${figure('noon', '1024x683', 'Tuesday')}${figure('dusk', '1024x683', 'Wednesday, late')}${figure('night', '1024x683')}${figure('snow', '1024x683')}${figure('dawn', '1024x768', 'Saturday')}</figure><p>Then it rained.</p>`;

const classic = `<div id="gallery-1" class="gallery galleryid-7 gallery-columns-2"><dl class="gallery-item"><dt class="gallery-icon landscape"><a href="SITE/lighthouse-1"><img width="300" height="200" src="SITE/pictures/300x200/dusk.jpg" class="attachment-medium" alt=""></a></dt></dl><dl class="gallery-item"><dt class="gallery-icon landscape"><a href="SITE/lighthouse-2"><img width="300" height="200" src="SITE/pictures/300x200/night.jpg" class="attachment-medium" alt="The beam"></a></dt></dl><br style="clear: both"></div><p>Two frames from the north light.</p>`;

export const photos: SiteFeed = {
  name: 'bench-light',
  title: 'Bench Light',
  language: 'en',
  items: [
    {
      title: 'Six mornings',
      slug: 'six-mornings',
      author: 'Ole Brandt',
      html: gallery,
      raw: '<media:content url="SITE/pictures/1600x1067/dawn.jpg" medium="image" width="1600" height="1067"/>',
    },
    { title: 'The north light', slug: 'north-light', author: 'Ole Brandt', html: classic },
    {
      title: 'Portrait of a crane',
      slug: 'crane',
      author: 'Ole Brandt',
      html: '<p><img src="SITE/pictures/1200x1800/dusk.jpg" alt="A harbour crane at dusk" width="1200" height="1800"></p><p>1/60, f/4, patience.</p>',
    },
  ],
};

export const podcast: SiteFeed = {
  name: 'long-wave',
  title: 'Long Wave',
  language: 'en',
  items: [
    {
      title: '214: The station that broadcast a clock',
      slug: 'episodes/214',
      html: '<p>For sixty years it said nothing but the time. Then somebody answered.</p><p>(00:00) Intro<br>(04:12) The mast<br>(31:40) The letter from Perm</p><p>Support us at <a href="https://longwave.example/support">longwave.example/support</a>.</p>',
      raw: '<enclosure url="SITE/audio/214.mp3" length="68112384" type="audio/mpeg"/><itunes:duration>1:12:44</itunes:duration><itunes:image href="SITE/pictures/1400x1400/night.jpg"/>',
    },
  ],
};

const tube =
  '<iframe title="YouTube video player" width="560" height="315" src="https://www.youtube.com/embed/dQw4w9WgXcQ" frameborder="0" allowfullscreen></iframe>';

export const videos: SiteFeed = {
  name: 'reel',
  title: 'Reel to Reel',
  language: 'en',
  items: [
    {
      title: 'Nine people, forty reels',
      slug: 'forty-reels',
      author: 'R. Dobbs',
      html: `<p>Nine people, forty reels:</p><p>${tube}</p><p>And the tweet that began it:</p><blockquote class="twitter-tweet"><p lang="en" dir="ltr">we have too much tape</p>&mdash; R. Dobbs (@dobbs) <a href="https://twitter.com/dobbs/status/1">November 20, 2026</a></blockquote>`,
    },
    { title: 'Video only', slug: 'video-only', html: `<p>${tube}</p>` },
  ],
};
