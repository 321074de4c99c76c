// The issues as RSS 2.0 and as JSON Feed 1.1. Pure.

export interface IssueFeed {
  title: string;
  /** "The issues of …", in that language. */
  description: string;
  /** BCP 47. */
  language: string;
  /** The archive's page. */
  url: string;
  /** This document's own address. */
  feedUrl: string;
  updatedAt: Date | undefined;
  /** The newest first. */
  issues: {
    url: string;
    title: string;
    summary: string;
    image: string | undefined;
    at: Date;
    posts: { title: string; url: string | undefined; excerpt: string | undefined }[];
  }[];
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes for HTML and XML, without the characters that XML 1.0 section 2.2 forbids. */
function escape(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll(/[&<>"]/g, (character) => escapes[character] ?? '');
}

function html({ posts }: IssueFeed['issues'][number]): string {
  return posts
    .map(({ title, url, excerpt }) => {
      const heading = url === undefined ? escape(title) : `<a href="${escape(url)}">${escape(title)}</a>`;
      return `<h3>${heading}</h3>${excerpt ? `<p>${escape(excerpt)}</p>` : ''}`;
    })
    .join('\n');
}

/** RSS 2.0 with atom:link to itself, as https://www.rssboard.org/rss-profile has it. */
export function rssOf(feed: IssueFeed): string {
  const items = feed.issues.map(
    (issue) => `<item>
<title>${escape(issue.title)}</title>
<link>${escape(issue.url)}</link>
<guid isPermaLink="true">${escape(issue.url)}</guid>
<pubDate>${issue.at.toUTCString()}</pubDate>
<description>${escape(html(issue))}</description>
</item>
`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>${escape(feed.title)}</title>
<link>${escape(feed.url)}</link>
<description>${escape(feed.description)}</description>
<language>${escape(feed.language)}</language>
<atom:link href="${escape(feed.feedUrl)}" rel="self" type="application/rss+xml"/>
${feed.updatedAt === undefined ? '' : `<lastBuildDate>${feed.updatedAt.toUTCString()}</lastBuildDate>\n`}${items.join('')}</channel>
</rss>
`;
}

/** https://www.jsonfeed.org/version/1.1/ */
export function jsonFeedOf(feed: IssueFeed): object {
  return {
    version: 'https://jsonfeed.org/version/1.1',
    title: feed.title,
    description: feed.description,
    home_page_url: feed.url,
    feed_url: feed.feedUrl,
    language: feed.language,
    items: feed.issues.map((issue) => ({
      id: issue.url,
      url: issue.url,
      title: issue.title,
      summary: issue.summary,
      content_html: html(issue),
      ...(issue.image === undefined ? {} : { image: issue.image }),
      date_published: issue.at.toISOString(),
    })),
  };
}
