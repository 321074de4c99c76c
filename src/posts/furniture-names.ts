// What known software puts around posts: its class names, addresses and sentences. Pure. Origin: feeds of WordPress
// with its most installed plugins, Substack, Ghost, Medium, Blogger and FeedBurner, as of 2026.

const names: Readonly<Record<string, string>> = {
  jetpack:
    'sharedaddy sd-sharing sd-sharing-enabled sd-block sd-like sd-social jp-relatedposts jp-post-flair wpcnt ' +
    'jetpack-likes-widget-wrapper wp-block-jetpack-sharing-buttons wp-block-jetpack-like wp-block-jetpack-related-posts ' +
    'wp-block-jetpack-subscriptions jetpack_subscription_widget wp-block-jetpack-send-a-message',
  wordpressSharing:
    'addtoany_share_save_container addtoany_content addtoany_content_top addtoany_content_bottom a2a_kit addthis_toolbox ' +
    'at-share-btn-elements sharethis-inline-share-buttons sharethis-inline-reaction-buttons st-inline-share-container ' +
    'heateor_sss_sharing_container heateor_sss_sharing_ul heateorsssclear ssba ssba-wrap ssbp-wrap essb_links mashsb-container ' +
    'swp_social_panel dpsp-networks-btns-wrapper dpsp-content-wrapper novashare-buttons shared-counts-wrap ' +
    'simplesocialbuttons social-warfare monarch-social et_social_inline sfsi_outr_div sfsiaftrpstwpr crafty-social-buttons ' +
    'nc_socialPanel wp-block-outermost-social-sharing wp-social-sharing really_simple_share scriptlesssocialsharing ' +
    'wpusb post-share-buttons share-buttons social-share-buttons entry-share',
  wordpressRelated:
    'yarpp yarpp-related yarpp-related-rss wp_rp_wrap wp_rp_content crp_related crp-list-container rp4wp-related-posts ' +
    'zem_rp_wrap zemanta-related related_post_title contextual-related-posts wp-block-contextual-related-posts ' +
    'ml-related-posts bs-irp inline-related-posts srp-widget irp-tldr relpost-thumb-wrapper',
  wordpressOther:
    'mc4wp-form mailpoet_form tnp tnp-subscription convertkit-form formkit-form wp-block-mailpoet-subscription-form ' +
    'wpulike wp_ulike_general_class post-ratings kk-star-ratings kksr rmp-widgets-container wpdiscuz_top_clearing ' +
    'wp-block-post-comments wp-block-comments printfriendly pf-button zilla-likes post-views wp-block-post-navigation-link',
  substack:
    'subscription-widget subscription-widget-wrap subscription-widget-wrap-editor subscribe-widget image-link-expand ' +
    'community-chat install-substack-app-embed directmessage share-dialog',
  ghost:
    'kg-signup-card kg-header-card-subscribe gh-subscribe gh-subscribe-form kg-video-player-container kg-video-overlay ' +
    'kg-video-large-play-icon kg-audio-player-container kg-audio-player',
  medium: 'medium-feed-link',
  blogger: 'blogger-post-footer post-share-buttons post-footer-line comment-link',
  feedburner: 'feedflare',
};

const known = new Set(
  Object.values(names)
    .flatMap((line) => line.split(' '))
    .map((name) => name.toLowerCase()),
);
const families =
  /^(?:sd-(?:sharing|social|like)|jp-relatedposts|yarpp|wp_rp_|a2a_kit|addthis_|heateor_s|essb_|subscription-widget|wp-block-jetpack-(?:sharing|like|related|subscri))/;

export const hasFurnitureName = (classNames: readonly string[]): boolean =>
  classNames.some((name) => known.has(name) || families.test(name));

/** Addresses that only share a page. Origin: the documentation of each service. */
export const shareAddress =
  /(?:facebook\.com\/(?:sharer|share\.php|dialog\/(?:share|send))|(?:twitter|x)\.com\/(?:intent\/(?:tweet|post)|share|home\?status=)|linkedin\.com\/(?:sharing\/share-offsite|shareArticle|cws\/share)|pinterest\.[a-z.]+\/pin\/create|reddit\.com\/submit\?|(?:t|telegram)\.me\/share|(?:api|web)\.whatsapp\.com\/send|wa\.me\/\?text=|whatsapp:\/\/send|tumblr\.com\/(?:share|widgets\/share)|news\.ycombinator\.com\/submitlink|bsky\.app\/intent\/compose|threads\.net\/intent\/post|(?:vk\.com|vkontakte\.ru)\/share\.php|connect\.ok\.ru\/offer|getpocket\.com\/(?:save|edit)|flipboard\.com\/bookmarklet|share\.flipboard\.com|buffer\.com\/add|bufferapp\.com\/add|mix\.com\/add\?|xing\.com\/(?:spi\/shares|app\/user\?op=share)|social-plugins\.line\.me|line\.me\/R\/msg|service\.weibo\.com\/share|addtoany\.com\/(?:share|add_to)|addthis\.com\/bookmark|printfriendly\.com\/print|feeds\.wordpress\.com\/1\.0\/go|[?&](?:share=[a-z-]+(?:&|$)|action=share)|%%share_url%%)/i;

const subscribePath =
  /(?:\/(?:subscribe|subscribe\/confirm|leaderboard)\/?$|%%(?:checkout|subscribe)_url%%)/i;

/** The post's site asks for a subscription, or for new readers, behind such an address. */
export const isSubscribeAddress = ({ pathname, hash, search }: URL): boolean =>
  subscribePath.test(pathname) ||
  /^#\/portal/i.test(hash) ||
  /[?&]utm_campaign=email-subscribe/i.test(search);

/** Words before a row of buttons. */
export const shareWords =
  /^(?:(?:please )?(?:share|like|tweet|follow)(?: (?:this|it|on|via|with friends|the love|this (?:post|article|story|page|entry)|us|and enjoy))*|spread the (?:word|love)|sharing is caring|loading(?:…|\.\.\.)?|teilen(?: mit)?|(?:diesen )?(?:beitrag|artikel) teilen|gefällt mir|partager(?: (?:sur|cet article|ceci))?|j’aime ça|compart[ie]r?(?: (?:en|esto|este artículo))?|compártelo|me gusta|condividi(?: su)?|compartilhe(?: isso)?|delen|dela|del|udostępnij|поделиться|paylaş|שתפו(?: את זה)?|שיתוף|שתף|شارك(?: هذا)?|مشاركة|共有|分享|공유)[\s:!…]*$/i;

/** The heading of a list of other posts. */
export const relatedHeading =
  /^(?:related(?: (?:posts?|articles?|stories|reading|content|entries))?|you (?:may|might) (?:also )?(?:like|enjoy)|more (?:posts|stories|articles)|more like this|ähnliche (?:beiträge|artikel)|das könnte (?:dich|sie) auch interessieren|weitere (?:beiträge|artikel)|articles? (?:similaires?|liés?|connexes?)|(?:entradas|artículos) relacionad[ao]s|también te puede interesar|articoli correlati|artigos relacionados|gerelateerde (?:berichten|artikelen)|похожие записи|פוסטים (?:קשורים|דומים)|כתבות נוספות|مقالات ذات صلة|مواضيع ذات صلة|関連記事|相关文章)[\s:…]*$/i;

/** Sentences that WordPress writes under each post, by language. Groups: the title, the site. */
const sourceLines = [
  /^The post (.+) (?:appeared first on|first appeared on|is from) (.+?)\.?$/is,
  /^(?:Der Beitrag|Der Artikel) (.+) (?:erschien zuerst auf|ist zuerst erschienen auf) (.+?)\.?$/is,
  /^L['’](?:article|articolo) (.+) (?:est apparu en premier sur|proviene da|è apparso per primo su) (.+?)\.?$/is,
  /^La entrada (.+) (?:se publicó primero en|apareció primero en|aparece primero en) (.+?)\.?$/is,
  /^O (?:post|artigo) (.+) (?:apareceu primeiro em|aparece primeiro em) (.+?)\.?$/is,
  /^Het bericht (.+) (?:verscheen eerst op|is geplaatst op) (.+?)\.?$/is,
  /^(?:הפוסט|הרשומה) (.+) (?:הופיע לראשונה ב|הופיעה לראשונה ב)[-־]?\s?(.+?)\.?$/is,
  /^ظهرت المقالة (.+) أولاً على (.+?)\.?$/is,
  /^Inlägget (.+) dök först upp på (.+?)\.?$/is,
  /^(?:Artykuł|Post) (.+) pochodzi z serwisu (.+?)\.?$/is,
  /^Сообщение (.+) появились сначала на (.+?)\.?$/is,
  /^投稿 (.+) は (.+) に最初に表示されました。?$/is,
  // Medium.
  /^(.+) was originally published in (.+) on Medium, where people are continuing the conversation by highlighting and responding to this story\.?$/is,
];

const likened = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '');

/** True if the text is such a sentence about the post with this title. Prose about another "post" has another. */
export function isSourceLine(text: string, title: string): boolean {
  if (text.length > 700 || title === '') return false;
  return sourceLines.some((line) => {
    const named = line.exec(text)?.[1];
    return named !== undefined && likened(named) === likened(title);
  });
}

/** Sentences with which software asks for subscriptions, as whole paragraphs. Substack's come first. */
const pleas = [
  /^[^.!?]{1,80} is a reader-supported publication\. To receive new posts and support my work, consider becoming a free or paid subscriber\.$/is,
  /^Thanks for reading(?: [^.!?]{1,80})?! ?(?:Subscribe for free to receive new posts(?: and support my work)?|This post is public,? so feel free to share it)\.$/is,
  /^This (?:Substack|post|publication) is (?:reader-supported|public,? so feel free to share it)\.(?: To receive new posts and support my work, consider becoming a free or paid subscriber\.)?$/is,
  /^Like this:\s*Like\s*Loading(?:…|\.\.\.)$/i,
];

/** True for a paragraph that such software wrote. */
export const isPlea = (text: string): boolean => pleas.some((plea) => plea.test(text));

const readMore =
  /^[\s[(]*(?:(?:continue|keep) reading|read (?:more|on|the (?:rest|full|whole)(?: (?:of (?:this|the) )?(?:post|article|story|entry))?|full (?:post|article|story))|(?:click here )?to read more|more|weiter ?lesen|mehr lesen|lire (?:la suite|plus)|en savoir plus|(?:leer|seguir leyendo|sigue leyendo|continuar leyendo)(?: más)?|continua a leggere|leggi tutto|continue lendo|leia mais|lees (?:meer|verder)|läs mer|czytaj (?:dalej|więcej)|читать (?:далее|дальше)|devamını oku|להמשך קריאה|(?:ל)?המשך קריאה|קרא(?:ו)? עוד|متابعة القراءة|اقرأ المزيد|続きを読む|继续阅读|阅读更多)?[\s:"“”'’«»]*(?:on|of|auf|sur|en|in)?[\s:"“”'’«»]*(?:→|»|›|>+|…|\.\.\.|⟶|➔|➜|←|«)*[\s\])]*$/i;

const serviceWord =
  'comments?|replies|kommentare?|commentaires?|comentarios?|commenti|comentários?|reacties|комментарии|תגובות|التعليقات|تعليقات|コメント|评论|評論|댓글|' +
  '(?:leave|add|post) a comment|(?:no|view|read) comments?|permalink|permanent link|article url|comments url|link|source|via|discuss(?:ion)?';
const serviceWords = new RegExp(`^(?:\\d+ )?(?:${serviceWord})(?: (?:\\d+ )?(?:${serviceWord}))*$`);

/** True if the text is nothing but the names of links around a post: "Comments", "[link] [comments]", "Read more". */
export function isServiceWord(text: string): boolean {
  if (text.length > 80) return false;
  const words = text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
  return serviceWords.test(words) || shareWords.test(text.trim()) || isReadMore(text, '');
}

/** True for the words of a link to the rest of the post, perhaps with the post's title among them. */
export function isReadMore(text: string, title: string): boolean {
  const words = withoutTitle(text, title).trim();
  return words !== '' && readMore.test(words);
}

function withoutTitle(text: string, title: string): string {
  if (title === '') return text;
  const at = text.toLowerCase().indexOf(title.toLowerCase());
  return at < 0 ? text : `${text.slice(0, at)} ${text.slice(at + title.length)}`;
}

const trigger = new RegExp(
  [
    `(?:class|id)\\s*=\\s*["'][^"']*(?:${[...known].map((name) => name.replaceAll('-', '\\-')).join('|')}|more-link|read-?more)`,
    shareAddress.source,
    'href\\s*=\\s*["\']?[^"\'\\s>]*#',
    '/subscribe|portal|reader-supported|Thanks for reading',
    'on Medium, where people',
    'appeared first on|first appeared on|erschien zuerst|est apparu|proviene da|publicó primero|apareció primero',
  ].join('|'),
  'i',
);

/** False if the HTML has none for certain. */
export function mayHaveFurniture(html: string, url: URL | undefined): boolean {
  if (trigger.test(html)) return true;
  // Lines about the post, and lists of others, link to its site.
  return url !== undefined && (html.includes(url.host) || /href\s*=\s*["']?\/(?!\/)/.test(html));
}

/** The places in `text` where a word begins, from the last one to at most `most` characters before the end. */
function* wordStarts(text: string, most: number): Generator<number> {
  for (let at = text.length - 1; at >= Math.max(0, text.length - most); at -= 1)
    if (at === 0 || (text[at - 1] === ' ' && text[at] !== ' ')) yield at;
}

const sentenceEnd = /[.!?。！？…]["”»’)]?$/u;

/** True if the text from `at` is the link to the rest of the post, and no part of a sentence. */
function leadsOnFrom(text: string, at: number, title: string): boolean {
  const [before, words] = [text.slice(0, at).trim(), text.slice(at)];
  const isApart = /(?:^|[.!?…\]»”"')。！？])$/u.test(before) || /[→»›>]\]?$/.test(words);
  // Several words at least: prose may end with "more".
  return isApart && /\p{L}/u.test(words) && /\s/.test(words) && isReadMore(words, title);
}

/**
 * One line of text without "The post X appeared first on Y" and "Continue reading X →" at its end. The words of
 * prose stay: "Read more" goes only after the end of a sentence, or before an arrow.
 */
export function withoutLastWords(text: string, title: string): string {
  let kept = text.trim();
  const most = title.length + 160;
  for (const at of wordStarts(kept, most + 140))
    if (isSourceLine(kept.slice(at), title)) {
      kept = kept.slice(0, at).trim();
      break;
    }
  const end = [...wordStarts(kept, most)].findLast((at) => leadsOnFrom(kept, at, title));
  if (end !== undefined) {
    const before = kept.slice(0, end).trim();
    kept = sentenceEnd.test(before) ? before : `${before}…`;
  }
  return kept.replace(/\s*\[(?:…|\.\.\.|&hellip;)\](?:…)?$/, (_, at: number) =>
    sentenceEnd.test(kept.slice(0, at)) ? '' : '…',
  );
}
