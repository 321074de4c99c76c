// The tags that a post may have in a mail. Pure.

export const mailTags = [
  ...'p div br hr h3 h4 blockquote q cite ul ol li dl dt dd pre code kbd samp var'.split(' '),
  ...'em i strong b u s del ins small sub sup mark abbr a img figure figcaption'.split(' '),
  ...'table caption thead tbody tfoot tr th td'.split(' '),
];
