// Words first: a politics blog, a programmer's blog, a link blog, a microblog.
import { comments, type SiteFeed } from './feed-xml.js';

const ballot = `<p>For nine years the district has promised to count the late ballots first. On Tuesday it counted them last, again, and the margin that the evening news had called “comfortable” shrank to <strong>eleven votes</strong>.</p>
<blockquote><p>The commission has at no time instructed precinct officers to set aside envelopes that arrived after six in the evening. What the commission did say, and what it has said in each of the last four elections, is that envelopes without a legible postmark must be examined by two officers of different parties, and that this examination cannot begin before the polls have closed.</p>
<p>Whether an individual officer understood this as an instruction to set them aside is a matter for that officer’s recollection.</p></blockquote>
<p>That is the spokesman’s first answer. His second came after I read him the memo:</p>
<blockquote><p>I would not call it a memo.</p></blockquote>
<p>Here is what the memo says, in a paragraph that <a href="https://documents.example/memo-14">the court published by mistake</a>:</p>
<blockquote><p>Envelopes received after 18:00: basket three. Do not open. Do not log.</p><blockquote><p>Reply, M. Oduya: “Since when do we not log?”</p></blockquote></blockquote>
<p>I have asked M. Oduya. She is no longer with the commission.</p>`;

const budget = `<p>The governor’s people would like you to know that the budget is balanced. The auditor’s people would like you to know <em>how</em>:</p>
<blockquote>
<p>“Of the $412 million described as savings, $388 million are payments moved from the last day of June to the first of July. They remain payable. They are, in the ordinary sense of the word, not saved.”</p>
<p>— Report of the State Auditor, p. 61</p>
</blockquote>
<p>More after lunch.</p>`;

export const politics: SiteFeed = {
  name: 'second-reading',
  title: 'Second Reading',
  language: 'en-us',
  items: [
    {
      title: 'The Eleven Votes in Basket Three',
      slug: 'eleven-votes',
      author: 'Maren Whitlock',
      topics: ['Elections'],
      html: ballot,
      summary:
        'For nine years the district has promised to count the late ballots first. On Tuesday it counted them last, again, and the margin shrank to eleven votes. [&#8230;]',
      raw: comments('LINK', 3),
    },
    {
      title: 'Balanced, They Say',
      slug: 'balanced',
      author: 'Maren Whitlock',
      topics: ['Budget'],
      html: budget,
      raw: comments('LINK', 41),
    },
  ],
};

const code = `<p>A queue that lives in a table needs one thing from the database: two workers must never get the same row. In PostgreSQL that is <code>for update skip locked</code>, and it has been there since 9.5.</p>
<pre><code class="language-sql">with picked as (
  select id from jobs
   where run_at &lt;= now() and locked_at is null
   order by run_at
   limit 20
     for update skip locked
)
update jobs set locked_at = now(), locked_by = 'worker-7'
  from picked where jobs.id = picked.id returning jobs.id, jobs.payload;</code></pre>
<p>Note the <code>limit</code>: without it the first worker takes everything. Then measure. On my machine, a <code>t3.large</code>:</p>
<table><thead><tr><th>workers</th><th align="right">jobs a second</th><th style="text-align:right">p99, ms</th></tr></thead>
<tbody><tr><td>1</td><td align="right">1,804</td><td style="text-align:right">6.1</td></tr><tr><td>4</td><td align="right">5,920</td><td style="text-align:right">11.8</td></tr><tr><td>16</td><td align="right">6,013</td><td style="text-align:right">48.3</td></tr></tbody></table>
<p>Beyond four workers you only buy waiting. Try it:</p>
<pre><code>$ npm run bench -- --workers=4 --jobs=100000 --payload-bytes=256 --report=./results/skip-locked-$(date +%F).json</code></pre>`;

const laptops = `<p>Six machines, one week each, the same three tasks. The numbers are minutes, less is better.</p>
<table><tbody><tr><th>machine</th><th>before</th><th>afterwards</th><th>compile</th><th>battery</th><th>price</th></tr>
<tr><td>ThinkPad X1 Carbon</td><td align="right">12.4</td><td align="right">9.8</td><td align="right">4.1</td><td align="right">611</td><td align="right">1,899&nbsp;€</td></tr>
<tr><td>MacBook Air</td><td align="right">10.1</td><td align="right">9.9</td><td align="right">3.2</td><td align="right">902</td><td align="right">1,299&nbsp;€</td></tr>
<tr><td>Framework 13</td><td align="right">11.0</td><td align="right">10.2</td><td align="right">3.9</td><td align="right">488</td><td align="right">1,149&nbsp;€</td></tr></tbody></table>
<h2>What I bought</h2><p>None of them. The old one has a new battery now: <kbd>fn</kbd>+<kbd>B</kbd> says 98&nbsp;%.</p>
<dl><dt>Cost</dt><dd>64 €</dd><dt>Time</dt><dd>eleven minutes, one lost screw</dd></dl>`;

export const programming: SiteFeed = {
  name: 'off-by-one',
  title: 'Off by One',
  language: 'en',
  items: [
    {
      title: 'A queue in a table, and how many workers it feeds',
      slug: 'queue',
      author: 'J. Takada',
      html: code,
      topics: ['Code'],
    },
    {
      title: 'Six laptops and what became of them',
      slug: 'laptops',
      author: 'J. Takada',
      html: laptops,
      topics: ['Hardware'],
    },
  ],
};

export const linkBlog: SiteFeed = {
  name: 'found',
  title: 'Found Objects',
  language: 'en',
  items: [
    {
      title: 'The man who maps every bench in Rotterdam',
      slug: 'benches',
      html: '<p>Peter Verhaar, for De Havenloods:</p><blockquote><p>He does not sit on them. “That would be collecting.”</p></blockquote><p>He is at 7,912.</p><div><a title="Permanent link to ‘The man who maps every bench in Rotterdam’" href="SITE/benches">&nbsp;★&nbsp;</a></div>',
    },
    {
      title: 'Typewriters, by weight',
      slug: 'typewriters',
      html: '<p>The best table on the web this week. The <em>Hermes 3000</em> is lighter than it looks.</p><div><a href="SITE/typewriters">&nbsp;★&nbsp;</a></div>',
    },
    {
      title: 'A lighthouse for sale',
      slug: 'lighthouse',
      html: '<p>No road. “Viewing by appointment and weather.”</p>',
    },
  ],
};

export const microblog: SiteFeed = {
  name: 'ana',
  title: 'ana.example',
  language: 'en',
  items: [
    {
      slug: '2026/11/23/0714',
      summary: '<p>The heron is back on the lock gate. Nobody tell the anglers.</p>',
    },
    {
      slug: '2026/11/22/2150',
      summary:
        '<p>Finished <em>The Years</em> by Annie Ernaux. It has no plot, no hero and no chapters, and I read it in one sitting on a train that was late by the length of the book.</p><p><img src="SITE/pictures/1200x900/dusk.jpg" alt="A paperback on a train’s folding table"></p>',
    },
    {
      slug: '2026/11/22/0801',
      summary: '<p>Coffee first: <a href="https://beans.example/ethiopia">beans.example/ethiopia</a></p>',
    },
  ],
};
