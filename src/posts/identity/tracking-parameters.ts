// Query parameters that say where a reader came from, or who asked, and never which page is shown. Origin: the global rules
// of ClearURLs, Brave and AdGuard's tracking filter. Parameters that select a page on some site are left out
// (cid, ref, source, campaign). Pure.

const names = [
  // Analytics: Google, Matomo, AT Internet (Piano), comScore, Mapp, Webtrends, etracker, Openstat
  'utm_\\w+|ga_(?:source|medium|term|content|campaign|place)|_ga|_gl|gad_(?:source|campaignid)|srsltid',
  'piwik_\\w+|pk_\\w+|mtm_\\w+|matomo_\\w+',
  'xtor|at_(?:medium|campaign|custom\\d|link_\\w+|ptr_name|format|bbc_team|creation|variant|platform|network)',
  'ns_\\w+|wt_z?mc(?:_\\w+)?|wtrid|wt\\.\\w+|etcc_\\w+|_openstat|itm_(?:campaign|medium|source|content|term)|otm_\\w+',
  // Clicks on advertisements
  'gclid|gclsrc|dclid|gbraid|wbraid|msclkid|y(?:s)?clid|twclid|ttclid|rdt_cid|li_fat_id|sccid|epik|tblci|dicbo|irclickid',
  'rb_clickid|s_cid|s_kwcid|ef_id|_branch_match_id|spm|wickedid|cmpid',
  // Networks
  'fbclid|fb_(?:action_ids|action_types|source|ref)|action_(?:object|type|ref)_map|mibextid|igshid|igsh',
  '__twitter_impression|ref_src|ref_url|echobox|guccounter|guce_referrer|guce_referrer_sig|wprov',
  // Mail: Mailchimp, HubSpot, Marketo, Vero, Omeda, MailerLite, Kit, Klaviyo, Drip, Listrak, Blueshift,
  // dotdigital, Emarsys, Salesforce, Eloqua
  'mc_(?:cid|eid|tc)|_hsenc|_hsmi|__hs[ft]p|__hs[st]c|hsctatracking|hsa_\\w+|mkt_tok|vero_(?:id|conv)|oly_(?:anon|enc)_id',
  'ml_subscriber(?:_hash)?|ck_subscriber_id|_k[ex]|__s|trk_(?:contact|msg|module|sid)|bsft_\\w+|dm_i',
  'sc_(?:src|lid|uid|llid|eh)|sfmc_\\w+|elq(?:track(?:id)?|aid|at|campaignid)',
];
const tracking = new RegExp(`^(?:${names.join('|')})$`, 'i');

/** True if the parameter only tells how the reader reached the page. */
export function isTracking(name: string): boolean {
  // The Guardian uses CMP. In lower case, other sites use the name for other purposes.
  return name === 'CMP' || tracking.test(name);
}

// The names that servers and shops give to a session: PHP, Java, ASP, ColdFusion, osCommerce, Zen Cart, xt:Commerce.
const session =
  /^(?:phpsess(?:id|ion)|jsession(?:id)?|aspsessionid\w*|asp\.net_sessionid|cfid|cftoken|sess(?:ion)?[_-]?id|oscsid|zenid|xtcsid|mscssid)$/i;
// These names may also select a page ("sid" is a story in PHP-Nuke, "s" a search), but not with such a value.
const perhapsSession = /^(?:s|sid|sess|session|session_?token|s_?hash|token|ticket|nonce)$/i;

/** True if the value looks random: long, of letters and digits, without words. */
export const isToken = (value: string): boolean =>
  /^(?=[^\d]*\d)(?=[^a-z]*[a-z])[\da-z_.~-]{16,}$/i.test(value) && !/[a-z]{9,}/i.test(value);

/** True if the parameter names the session for which the server wrote the address. */
export function isSession(name: string, value: string): boolean {
  if (session.test(name)) return true;
  return perhapsSession.test(name) && (isToken(value) || /^(?=.*\d)(?=.*[a-f])[\da-f]{8,}$/i.test(value));
}
