// The wordings of real servers, and what each means: in replies, in returned mail and in webhooks. classify.ts
// reads them. Pure.
//
// The status code of RFC 3463 alone often misleads: Microsoft says 5.2.0 for a sender's quota and for spam,
// Google says 5.4.5 for a daily limit. So these rows come before the rules about codes. The first match counts,
// and the rows that suppress a reader stand last.
import type { ReplyRow } from './reply-row.js';

export const replyRows: readonly ReplyRow[] = [
  {
    kind: 'content',
    about: 'message',
    family: 5,
    pattern: /\bofr_?506\b/i,
    server: 'Orange',
    origin: 'postmaster.orange.fr: 506 is spam, not a mailbox',
    example: '550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]',
  },
  {
    kind: 'full',
    about: 'reader',
    pattern: /\b[45]\.2\.2\b/,
    server: 'all',
    origin: 'RFC 3463 section 3.3: X.2.2 is a full mailbox, whatever the words say of quotas',
    example: '552 5.2.2 <ada@example.org>: user has exceeded the daily message quota',
  },
  {
    kind: 'unavailable',
    about: 'reader',
    family: 5,
    pattern:
      /too many hops|hop count exceeded|(?:mail|message|routing)(?: \w+)? loop|loops back to myself|message is looping/i,
    server: 'Postfix, Sendmail, Exchange',
    origin: 'smtpd(8) hopcount_limit; Exchange 5.4.6 and 5.4.14 "routing loop detected"',
    example: '554 5.4.6 Too many hops 26 (25 max)',
  },
  {
    kind: 'throttled',
    about: 'relay',
    pattern:
      /submission(?:user)?quota ?exceeded|\b5\.1\.90\b|tenant has exceeded|\b5\.7\.70[58]\b|outbound ?spam|\b5\.1\.8\b.*(?:bad outbound sender|restricted|access denied)/i,
    server: 'Microsoft 365',
    origin: 'learn.microsoft.com: non-delivery reports in Exchange Online',
    example: '550 5.1.8 Access denied, bad outbound sender AS(42003)',
  },
  {
    kind: 'throttled',
    about: 'relay',
    pattern:
      /(?:daily|hourly|monthly)(?: \w+){0,3} (?:limit|quota)|(?:sending|submission|send|smtp relay|relay|messages?|e-?mails?|recipients?|account|outgoing|outbound|bounce|plan)(?: (?:sending|rate|volume))? (?:limit|quota)s?(?: \w+){0,3} (?:exceeded|reached)|(?:exceeded|reached)(?: \w+){0,6} (?:sending|submission|relay|daily|hourly|monthly|messages?|e-?mails?|recipients?)(?: \w+){0,3} (?:limit|quota)|(?:out of|no more|insufficient) (?:credits|e-?mail credits)|unusual sending activity/i,
    server: 'Google, Amazon SES, Mailgun, Brevo, Zoho, cPanel, Plesk',
    origin: "their documents' lists of errors: quotas of senders",
    example: '550 5.4.5 Daily user sending limit exceeded',
  },
  {
    kind: 'throttled',
    about: 'relay',
    pattern:
      /exceeded the max(?:imum)? (?:e-?mails|defers and failures) per |exceed(?:ed)? sending limit|messaging limits?\b|(?:relay|sender|smtp account)(?: \S+){0,3} quota|\bmail quota exceeded for sender|exceeded your (?:\w+ ){0,2}(?:quota|limits?)|policy rejection\W+(?:\w+ )?quota exceeded|(?:message )?count limit exceeded|number of (?:allowed )?outgoing messages|(?:reached|exceeded) the maximum number of (?:messages|e-?mails)|sent too many (?:messages|e-?mails)|maximum credits exceeded|wait to send more e-?mails/i,
    server: 'cPanel, SparkPost, GoDaddy, policyd, Plesk, SendGrid, SMTP2GO, Purelymail',
    origin: 'their documents, and what their users report: quotas of senders in words of their own',
    example:
      '550 Domain example.org has exceeded the max emails per hour (121/100 (121%)) allowed. Message discarded.',
  },
  {
    kind: 'throttled',
    about: 'relay',
    family: 5,
    pattern: /\b5\.4\.[56]\b/,
    server: 'Google',
    origin: 'support.google.com/a/answer/3726730: 5.4.5 and 5.4.6 are daily limits',
    example: '550 5.4.6 Please wait until tomorrow',
  },
  {
    kind: 'full',
    about: 'reader',
    pattern:
      /(?:mailbox|mail ?folder|inbox|maildir|mail ?box file) (?:\S+ ){0,3}?(?:is |has )?(?:over ?)?(?:full|quota)|(?:mailbox|user|recipient|inbox|account|maildir)(?:'s)? (?:\w+ ){0,3}?(?:is |has )?(?:over (?:the |its |their )?(?:\w+ )?quota|exceed(?:ed|ing) (?:its|his|her|the|their) (?:\w+ ){0,2}(?:quota|limit|size)|quota (?:usage )?exceeded)|\bout of storage space\b|mailfolder is (?:over|full)|(?:disk|disc|mail|storage) quota (?:has been |was )?(?:exceeded|reached|violat)|\bover ?quota\b|quota (?:exceeded|violation)|not (?:have )?enough (?:storage |disk )?space|insufficient (?:storage|disk space)|would exceed (?:\w+ ){0,3}(?:quota|storage|size)|exceeded storage allocation|exceeds allowed size|too much mail data|space has been used up|not be(?:en)? collected after/i,
    server: 'Dovecot, Exchange, Exim, Zimbra, Courier, IMail, vpopmail, docomo',
    origin: 'their sources and documents: a full mailbox without X.2.2',
    example: '550 5.1.1 user is over quota',
  },
  {
    kind: 'full',
    about: 'reader',
    pattern:
      /(?:mail ?box|disk|storage) space not enough|reached (?:\w+ ){0,2}quota|mail ?box size limit exceeded|too many messages on the server/i,
    server: 'Jetmail, Sun Messaging Server, Exim, web.de',
    origin: 'returned mail of these servers',
    example: '452 <ada@example.org> Mailbox size limit exceeded',
  },
  {
    kind: 'full',
    about: 'reader',
    pattern:
      /bo[iî]te (?:du destinataire|aux lettres)? ?(?:est )?pleine|postfach (?:\S+ ){0,3}(?:ist )?(?:voll|überfüllt)|(?:buz[oó]n|casilla|bandeja) (?:\S+ ){0,3}lleno|casella (?:\S+ ){0,3}piena|caixa (?:\S+ ){0,4}cheia|メールボックス.{0,8}(?:満杯|一杯|いっぱい)|容量.{0,6}(?:超|オーバー)|(?:邮箱|信箱).{0,6}(?:已满|空间不足)|ящик (?:\S+ ){0,3}(?:переполнен|полон)/iu,
    server: 'Free, SFR, GMX, Libero, Terra, NIFTY, QQ, Mail.ru',
    origin: 'the same in the language of the provider',
    example: '552 Boite du destinataire pleine. OFR_417',
  },
  {
    kind: 'auth',
    about: 'sender',
    pattern:
      /relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed)|prohibited)|(?:unable|not permitted|not allowed|cannot|refus\w+) to relay|do(?:es)? not relay|we do not relay|list of allowed rcpthosts/i,
    server: 'Postfix, Exim, Exchange, qmail',
    origin: 'Postfix "Relay access denied", Exim "relay not permitted", Exchange 5.7.54 "Unable to relay"',
    example: "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
  },
  {
    kind: 'auth',
    about: 'sender',
    pattern:
      /not owned by|not logged in|not (?:\w+ )?(?:permitted|allowed|authori[sz]ed) to (?:send (?:e?-?mail |messages? )?(?:as|from|with|on behalf)|use)|permissions? to send as|sendasdenied|(?:e-?mail address|domain|sender|identity|identities)(?: \S+){0,6}? (?:is |are |has |have )?not (?:been )?(?:yet )?(?:verified|activated|authori[sz]ed)|unverified (?:sender|domain)/i,
    server: 'Postfix, Exchange, Amazon SES, SparkPost, Brevo',
    origin: 'Postfix reject_sender_login_mismatch, Exchange 5.7.60: senders that are not allowed',
    example: '554 Message rejected: Email address is not verified',
  },
  {
    kind: 'auth',
    about: 'sender',
    pattern:
      /sending (?:is |has been |was )?(?:currently )?(?:suspended|paused|disabled|blocked) (?:for|on) (?:this|your|the) account|restricted from sending|outgoing (?:e-?)?mail from (?:\S+ )?(?:has been|is) suspended|not authori[sz]ed to perform|does not match a verified sender|unconfigured sending domain|relaying disallowed|unable to verify sender address|\b5\.7\.750\b|unregistered domains?/i,
    server: 'Amazon SES, SendGrid, SparkPost, Zoho, cPanel, SMTP2GO, Microsoft 365',
    origin: 'their documents: the account may not send, or not from this address',
    example: '554 Message rejected: Sending suspended for this account.',
  },
  {
    kind: 'auth',
    about: 'sender',
    family: 5,
    pattern:
      /\b5\.7\.(?:0|3|8|9|1[0-4]|2[0-7]|29|30|5[47]|60|64|139|509|515)\b|authentication (?:is )?required|must (?:issue|authenticate)|(?:un|not )authenticated|\b(?:spf|dkim|dmarc)\b/i,
    server: 'Google, Microsoft, servers that check SPF, DKIM and DMARC',
    origin: 'RFC 4954, RFC 7372, Google 5.7.26 and 5.7.27, Microsoft 5.7.509 and 5.7.515',
    example: '550 5.7.515 Access denied, sending domain example.org does not meet the required level',
  },
  {
    kind: 'policy',
    about: 'sender',
    family: 5,
    pattern:
      /\b5\.1\.[78]\b|\b5\.5\.4\b.*helo|(?:sender|return-path|mail from address|emetteur)(?: \S+){0,3}? (?:is |was |has been )?(?:rejected|denied|refused|blocked|blacklisted|banned|invalide?|unknown|not allowed)|sender (?:verif|callout)\w*(?: \w+)? fail|(?:mail from|sender)(?: \S+){0,3} domain .*(?:not (?:found|exist)|no mx)|invalid sender|sender (?:\S+ )?(?:is )?not (?:a )?(?:known|valid)|domain of (?:the )?sender|sender(?:'s)? (?:e-?mail )?(?:address|domain)(?: \S+){0,4} (?:does not|doesn't|not) exist|invalid (?:address )?(?:in )?mail from|unrout(?:e?able) sender|(?:null|empty)(?: envelope)? senders? (?:is |are )?not allowed/i,
    server: 'Postfix, Exim, SFR',
    origin: 'Postfix "Sender address rejected", Exim "Sender verify failed", RFC 3463 X.1.7 and X.1.8',
    example: '550 5.1.0 <digest@example.org>: Sender address rejected: User unknown',
  },
  {
    kind: 'content',
    about: 'message',
    family: 5,
    pattern:
      /\b5\.6\.\d|\b5\.7\.(?:7|16)\b|\bspam(?:my|like|ming)?\b|\b(?:uce|ube|junk)\b|virus|malware|phish|(?:message|mail|e-?mail|content) (?:\w+ ){0,3}(?:content )?(?:rejected|refused|denied|blocked) (?:\w+ ){0,4}(?:content|filter|policy)|content (?:\w+ )?(?:rejected|denied|refused)|suspicious|unsolicited|(?:message|content) filter(?:ed|ing)?\b|bulk (?:e-?mail|advertis)|(?:illegal|banned|forbidden|prohibited|unwanted) (?:attachment|content|url|file)|unacceptable content|header (?:error|are not accepted)/i,
    server: 'Google, Yahoo, Outlook, SpamAssassin, rspamd, Amavis, QQ',
    origin: 'Google 5.7.1 "likely unsolicited mail"; the milters reject with such words',
    example: '554 5.7.1 Message rejected because of unacceptable content',
  },
  {
    kind: 'size',
    about: 'message',
    family: 5,
    pattern:
      /\b5\.(?:2\.3|3\.4)\b|(?:message|mail|e-?mail)(?: (?:size|length))? (?:is |was )?(?:too (?:big|large|long)|exceed)|(?:message|mail|e-?mail) (?:size|length)? ?(?:is |was )?(?:too (?:big|large|long)|exceeds)|size (?:\w+ ){0,3}exceed|exceeds? (?:\S+ ){0,5}(?:message |maximum |fixed )?(?:message |maximum )?size|\btoo (?:big|large) (?:message|mail|e-?mail)|exceed\w* (?:\w+ ){0,2}max\w* (?:\w+ ){0,2}size/i,
    server: 'Postfix, Exchange, Exim',
    origin: 'RFC 1870 section 6, Postfix "Message size exceeds fixed limit", Exchange 5.2.3 and 5.3.4',
    example: '552 5.3.4 Message size exceeds fixed limit',
  },
  {
    kind: 'unavailable',
    about: 'reader',
    family: 5,
    pattern:
      /\b5\.2\.(?:1|12[12])\b|\b5\.4\.1\b.*access denied|(?:account|mailbox|user|recipient|domain)(?: \S+){0,5}? (?:is |has been |was |currently |temporarily )*(?:disabled|inactive|suspended?|locked|blocked|deactivated|discontinued|frozen|terminated|archived|not active)|(?:disabled|inactive|deactivated|archived|suspended|invalid\/inactive) (?:mailbox|account|user|recipient)|temporar(?:il)?y (?:locked|inactive)|destinataire archivee/i,
    server: 'Google, Yahoo, Microsoft, QQ, 163, Orange',
    origin: 'Google 5.2.1, Yahoo "mailbox disabled", Microsoft "550 5.4.1 Access denied"',
    example: '550 5.4.1 Recipient address rejected: Access denied. AS(201806281)',
  },
  {
    kind: 'policy',
    about: 'message',
    family: 5,
    pattern:
      /block(?:ed)?[- ]?(?:using|list|by (?!policy: no spam)|- see )|\baup#|blacklist|black list|\b(?:dns|r|s|x)bl\b|spamhaus|spamcop|barracuda|abuseat|sorbs|reputation|client host(?: \S+)? rejected|(?:helo|ehlo)(?: \S+)? (?:command )?rejected|(?:invalid|bad|unknown) (?:helo|ehlo)|(?:dynamic|banned|blocked|bad)(?: \w+){0,2} ip\b|\bip (?:address )?(?:\S+ )?(?:is |was )?(?:blocked|listed|banned|not allowed)|access from (?:ip|your)|not (?:allowed|authori[sz]ed|permitted) to (?:connect|send|submit)|(?:policy|security) (?:reasons?|violation|restrictions?|polic)|denied by policy|due to (?:\w+ )?polic(?:y|ies)|reverse (?:dns|lookup|name|host)|find your (?:\w+ )?host|your (?:host|domain|ip|server|hostname)(?: \S+){0,2} (?:does not|doesn't|not) (?:exist|resolve|found)|unknown\[\d|\bptr\b|no access from mail server|server access forbidden|spoof|prohibited by administrator|administrative(?:ly)? prohibit|go away/i,
    server: 'Postfix with DNS blocklists, Exchange, GMX, SFR, AT&T, Mail.ru, Barracuda, Proofpoint',
    origin: 'their documents: the sending host or domain is refused',
    example: '550 Access from IP address 192.0.2.1 blocked. Visit blocked.example.org',
  },
  {
    kind: 'policy',
    about: 'message',
    family: 5,
    pattern:
      /(?:user|recipient|member)(?: \S+){0,3}? (?:refuses?|rejects?|restricts?|(?:is |are )?not (?:currently )?accepting|only accepts?|is only accepting|does(?: not|n't) accept) (?:\S+ ){0,3}(?:mails?|e-?mails?|messages?|from)|user reject|refused due to recipient preferences|blocked by the recipient|members?[- ]only|not (?:a )?(?:member|subscribed) (?:of|to) (?:this|the) (?:\S+ )?(?:list|group)|(?:closed|moderated) (?:mailing )?list|user rules|restricted sms|account is protected by|\bnot accepting any mail\b|5\.2\.0 .*(?:filter|refus)|need permission to send|only accepts? messages/i,
    server: 'Facebook, AOL, Willcom, AT&T, Google Groups, Mailman, fml, Exchange lists',
    origin: 'their documents: the reader or the list refuses this sender',
    example: '550 5.2.0 Message rejected, user refuses to receive this mail',
  },
  {
    kind: 'policy',
    about: 'message',
    pattern: /sender (?:is )?not pre-?approved|server requires confirmation/i,
    server: 'Boxbe, servers with lists of known senders',
    origin: 'their reports: a person must let the sender in first',
    example: '450 4.7.0 Sender not pre-approved. Follow instructions in above notice',
  },
  {
    kind: 'unavailable',
    about: 'reader',
    where: 'host',
    pattern:
      /(?:delivery|retry|queue|message)(?: \w+){0,2} (?:time ?(?:out)?|life ?time|period)?(?: \w+)? ?(?:expired|exceeded)|(?:connection|session|operation|conversation)(?: \S+){0,4} (?:timed? ?out|refused|reset|dropped|lost|closed)|been (?:in|on) (?:\w+ )?queue too long|could not be delivered for (?:more than )?\d|(?:network|host|destination) (?:is )?(?:unreachable|down)|no route to host|no route found|retry time not reached|timed? ?out|not reachable|did(?: not|n't) respond|not responding|temporary failure|giving up after|failed \d+ attempts|host not found, try again|try again later|server (?:is )?(?:busy|down|unavailable)|(?:lost|no) connection|unable to connect|could not connect|can(?:not|'t) connect|i\/o error|local configuration error|system (?:config|error|resources)|deferred/i,
    server: 'Postfix, Exim, Sendmail, qmail, IMail, Domino',
    origin: 'their sources: no host took the message in time',
    example: 'connect to mx.example.org[192.0.2.1]:25: Connection timed out',
  },
  {
    kind: 'hard',
    about: 'reader',
    family: 5,
    where: 'host',
    pattern:
      /(?:host|domain)(?: or domain)?(?: name)?(?: \S+){0,3}? (?:is |was )?(?:unknown|not found|does(?: not|n't) exist|not exist|nonexistent|nxdomain)|(?:unknown|no such|nonexistent|non-existent|invalid|unrout(?:e?able)) (?:mail )?(?:host|domain)|host \S+ not found|unrout(?:e?able) (?:address|mail domain)|(?:mx records? point to non-existent|host address lookups failed permanently)|indicated no smtp service|couldn't find any host|(?:name|host)(?:name)? or service not known|nxdomain|domain must exist|hostunknown|infodomainnonexistent|nonexistentdomain|bad destination host|domain (?:\S+ ){0,3}(?:accepts no mail|does not accept mail)|null ?mx|no valid host|no mx or a/i,
    server: 'Postfix, Exim, Sendmail, Exchange, qmail, OpenSMTPD',
    origin: 'their sources: the domain of the address does not exist',
    example: '550 5.4.4 Host or domain name not found. Name service error for name=nowhere.example type=A',
  },
  {
    kind: 'hard',
    about: 'reader',
    family: 5,
    pattern:
      /\b5\.1\.351\b|resolver\.adr\.(?:recip(?:ient)?notfound|recipientnotfound|exrecipnotfound)|\b000c05a6\b/i,
    server: 'Exchange, Microsoft 365',
    origin: 'learn.microsoft.com: non-delivery reports, 5.1.351 and RESOLVER.ADR.RecipNotFound',
    example: '550 5.1.351 Remote server returned unknown recipient or mailbox unavailable',
  },
  {
    kind: 'hard',
    about: 'reader',
    family: 5,
    where: 'general',
    notAfterData: true,
    pattern:
      /mailbox (?:is )?(?:unavailable|not available)|recipient (?:address )?(?:is )?(?:rejected|refused)\.?(?: \(in reply| <>|\s*$)|^\S* (?:#\S+ )?address (?:rejected|invalid)|recipient is not accepted|recipients? (?:was|were) undeliverable|no valid recipients?, bye/i,
    server: 'Outlook.com, Hotmail, GMX, servers that repeat the words of the standard',
    origin: 'RFC 5321 section 4.2.3: 550 in answer to RCPT; Outlook.com "550 5.5.0 … mailbox unavailable"',
    example: '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).',
  },
  {
    kind: 'hard',
    about: 'reader',
    family: 5,
    where: 'general',
    pattern:
      /(?:user|recipient|mail ?box|account|address(?:ee)?|local[ -]part|person|spectator|alias|destination)(?:'s)?(?: name| address| id| e-?mail)?(?: \S+){0,4}? (?:is |are |was |were |has been )?(?:unknown|not (?:found|known|exist|listed|recogni[sz]ed|present|valid|available|local|our)|no longer (?:valid|exists?|available|active|in use|here|accepts?)|(?:does(?: not|n't)|did not|doesn.t) exist|could(?: not|n't|n.t) be found|wasn.t found|invalid|non-?existent)|(?:unknown|no such|invalid|nonexistent|non-existent|bad|undefined|not (?:an?|one) (?:valid|known|active|local)|not our|incorrect) (?:or unknown )?(?:local |virtual |destination |e-?mail |mail )?(?:users?|recipients?|mail ?box(?:es)?|address(?:es)?|accounts?|person|customer|alias|local[ -]part|rcpt)|no (?:mail ?box|account|one|user|recipient|person)(?: \S+){0,3}? (?:by|with|of|at|available|found)\b|badrcptto|not in my (?:\w+ )?(?:validrcptto|list)|(?:that|this|the) (?:user|e-?mail address|address|recipient|account|mailbox)(?: \S+){0,6}? (?:does(?: not|n't)|doesn.t) (?:exist|have an?)|can.?t accept user|mailbox unavailable or not local|user(?:name)? not active|userunknown|invalid-recipient|rcpt (?:\S+ )?does not exist|(?:not listed in|no .{0,40} in) (?:the )?(?:\w+ )*(?:name|directory|address book)|not (?:listed )?in (?:the )?(?:\S+ ){0,3}(?:directory|address book)|missing home directory|<> (?:was )?not found|recipient's e-?mail address was not found|relaying mail to unknown/i,
    server:
      'Exim, qmail, Courier, Sendmail, Exchange, Domino, Notes, IMail, Zoho, James, MailEnable, GroupWise',
    origin: 'their sources and documents: no such mailbox, without a status that says so',
    example: '550 No such user here',
  },
  {
    kind: 'hard',
    about: 'reader',
    family: 5,
    where: 'general',
    pattern: /invalid final delivery user|\bbad_recipient\b/i,
    server: 'IMail, servers of universities',
    origin: 'returned mail of these servers',
    example: '550 BAD_RECIPIENT - see http://mail.example.ac.uk/undelivered',
  },
  {
    kind: 'hard',
    about: 'reader',
    family: 5,
    where: 'general',
    pattern:
      /(?:empf[aä]e?nger|benutzer|adresse|postfach)(?: \S+){0,3}? (?:ist )?(?:unbekannt|existiert nicht|nicht gefunden|ungültig)|unbekannter (?:empf|benutzer|nutzer)|utilisateur inconnu|destinataire (?:\S+ )?(?:inconnu|invalide)|adresse (?:\S+ ){0,6}(?:invalide|inconnue|n'existe pas)|no existe (?:dicha|ese|el|la|esta|este)|usuario (?:desconocido|no existe)|utente (?:sconosciuto|inesistente)|nessun utente|casella (?:\S+ )?(?:inesistente|non esiste)|usu[aá]rio (?:desconhecido|inexistente|n[aã]o (?:existe|encontrado))|(?:宛先|アドレス|ユーザ|アカウント).{0,12}(?:不明|存在しません|見つかりません)|(?:收件人|用户|帐号|账号|邮箱|收件者).{0,8}(?:不存在|未找到|无效)|(?:пользовател|получател|ящик|адрес)\S*(?: \S+){0,3} (?:не (?:найден|существует|известен)|неизвестен)|(?:gebruiker|geadresseerde)(?: \S+){0,2} (?:onbekend|bestaat niet)|nieznany (?:u[zż]ytkownik|adresat)/iu,
    server: 'Orange, Free, Libero, Terra, UOL, NIFTY, QQ, Mail.ru, T-Online',
    origin: 'the same in the language of the provider',
    example: '550 Adresse du destinataire invalide: utilisateur inconnu',
  },
];
