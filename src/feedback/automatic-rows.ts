// How mail that a program wrote is told from a returned mail: answers, challenges, returns and warnings. Data, with
// the origin of each row. Pure.

export interface WordsRow {
  pattern: RegExp;
  /** Where such mail comes from. */
  origin: string;
  /** A text of this kind, as a test. */
  example: string;
}

/** Subjects of automatic answers. */
export const answerSubjects: readonly WordsRow[] = [
  {
    pattern:
      /out[ -]of[ -](?:the )?office|auto(?:matic|mated)?[ -]?(?:reply|response|responder|acknowledge?ment|generated reply)|\bauto:|away from (?:my|the)|on (?:vacation|holiday|leave)\b|vacation (?:reply|message|notice)|\booo\b|i am (?:away|out)|no longer (?:with|works?|working|employed)|has left|change of (?:e-?mail )?address|new e-?mail address|thank you for (?:your (?:e-?mail|message)|contacting)|we (?:have )?received your|\[?ticket|case (?:#|number)|request received/i,
    origin: 'Exchange, Gmail, vacation(1), Zimbra, ticket systems',
    example: 'Automatic reply: Your Daily Digest',
  },
  {
    pattern:
      /abwesenheit|abwesend|automatische antwort|nicht im (?:büro|haus)|urlaub|r[ée]ponse automatique|absence|absent|en cong[ée]|respuesta autom[áa]tica|fuera de (?:la )?oficina|ausencia|vacaciones|risposta automatica|fuori (?:sede|ufficio)|assenza|ferie|resposta autom[áa]tica|fora do escrit[óo]rio|aus[êe]ncia|f[ée]rias|afwezig|automatisch antwoord|fr[åa]nvaro|frånvaro|autosvar|frav[æa]r|automaattinen vastaus|poissaolo|automatyczna odpowied|nieobecno|automatická odpov|автоответ|автоматический ответ|отпуск|不在|自動返信|自动(?:回复|答复)|自動回覆|외출|자동\s?(?:회신|응답)|otomatik yan[ıi]t|αυτόματη απάντηση/iu,
    origin: 'the same in other languages: Exchange, Gmail, Yahoo, Mail.ru, QQ',
    example: 'Abwesenheitsnotiz: Ihre Nachricht',
  },
];

/** Bodies of automatic answers without a telling subject. */
export const answerBodies: readonly WordsRow[] = [
  {
    pattern:
      /i (?:am|will be|'m) (?:currently )?(?:out of|away from|on (?:vacation|holiday|leave|annual))|this is an (?:automatic|automated|auto)[ -]?(?:re|generated|response|message|e-?mail)|will (?:reply|respond|answer) (?:to you )?(?:when|upon|after|as soon as) i|will be back (?:on|in)|return(?:ing)? to the office/i,
    origin: 'vacation(1), Exchange',
    example: 'I am out of the office until Monday.',
  },
];

/** Mails that want the sender to prove to be a person. */
export const challenges: readonly WordsRow[] = [
  {
    pattern:
      /please confirm (?:your )?(?:message|e-?mail|delivery)|confirm(?:ation)? (?:that )?you(?:r message)? (?:are|is) (?:a (?:real )?(?:person|human)|not spam)|sender (?:verification|confirmation|authentication)|challenge[ /]response|boxbe|spamarrest|spam arrest|tmda|earthlink spamblocker|mailblocks|bitdefender antispam challenge|awaiting your (?:confirmation|approval)|your (?:message|e-?mail) (?:is|was) (?:being )?(?:held|quarantined) (?:until|pending)|add (?:yourself|you) to my (?:allowed|approved|guest)/i,
    origin: 'Boxbe, Spam Arrest, TMDA, EarthLink spamBlocker',
    example: 'Please confirm your message to ada@example.org',
  },
];

/** The local parts of programs that return mail. */
export const returningSender =
  /^(?:mailer[-_.]?daemon|mail[-_.]?daemon|postmaster|mail(?:er)?[-_.]?(?:delivery|system|admin\w*)|mdaemon|daemon|bounces?|root|administrator|noreply-bounce|microsoftexchange[0-9a-f]+|mailadm\w*|no-?reply|delivery|deliver|smtp|qmaild?|system|email-?gateway)(?:[+=-].*)?@/i;

/** The same by their names. */
export const returningName =
  /mailer-?daemon|postmaster|mail delivery|delivery (?:sub)?system|mail (?:system|administrator|router)|system administrator/i;

/** Subjects of returned mail. */
export const returnSubjects: readonly WordsRow[] = [
  {
    pattern:
      /undeliver|undelivered|failure notice|return(?:ed|ing) (?:mail|message|to sender|e-?mail)|delivery (?:status )?(?:notification|failure|failed|has failed|report|problem|error|unsuccessful|incomplete)|deliver\w* fail|failed (?:mail|delivery|to deliver)|(?:mail|message|e-?mail|letter) (?:\w+ )?(?:delivery|fail|could not|not delivered|undeliver|bounced|system error|transmission|status)|non-?deliver|could not be delivered|not delivered|unable to deliver|\bbounced?\b|nondeliverable|mail error|mail system error|error sending|mail could not|user unknown|unknown user|\bndn\b|\bndr\b|invalid address|address not found|rejected (?:mail|message)|warning: (?:message|could not)|mail failed|can't deliver|cannot deliver/i,
    origin: 'Postfix, Exim, Sendmail, qmail, Exchange, Gmail, Domino, MailMarshal, IMail',
    example: 'Undelivered Mail Returned to Sender',
  },
  {
    pattern:
      /unzustellbar|nicht zugestellt|zustellung|fehlgeschlagen|non remis|non d[ée]livr|[ée]chec|impossible de (?:remettre|distribuer)|no se (?:puede|pudo|ha podido) entregar|no entregad|no se entreg|error de entrega|non recapitat|mancat[oa] (?:recapito|consegna)|impossibile recapitare|non consegnat|n[ãa]o (?:foi )?(?:entreg|poss[íi]vel)|falha na entrega|onbestelbaar|niet (?:bezorgd|afgeleverd)|kunde inte levereras|ej leverer|kan ikke leveres|ikke lever|niedostarcz|nedoručit|не доставлен|недоставлен|не удалось доставить|ошибка доставки|配信(?:不能|エラー|できません)|送信(?:できません|エラー)|エラーメール|未达|退信|无法(?:投递|送达|传递)|投递失败|傳遞失敗|반송|teslim edilemedi|μη παράδοσ/iu,
    origin: 'the same in other languages: Exchange, QQ, 163, Mail.ru, GMX, Free',
    example: 'Unzustellbar: Ihre Nachricht',
  },
];

/** Sentences of returned mail. */
export const returnBodies: readonly WordsRow[] = [
  {
    pattern:
      /could ?n(?:o|')t be delivered|can ?not be delivered|(?:was|were|been) (?:not|un)[ -]?deliver|wasn't delivered|undeliverable|delivery (?:to the following \S+ )?(?:has )?failed|failed to (?:be )?deliver|(?:unable|(?:not|wasn't) able|impossible) to deliver|can(?:not|'t) (?:be )?deliver|did not reach|permanent(?: fatal)? errors?|delivery status notification|mail delivery (?:failed|failure|error)|returned (?:to (?:its |the )?sender|mail)|error(?:s)? (?:occurred|was encountered) (?:while|when|during) (?:the )?(?:deliver|send)|this message was created automatically by|has (?:been )?bounced|had (?:permanent|delivery) |rejected by (?:the |a )?(?:remote|recipient|server|destination)|transcript of session|unknown (?:user|recipient)|user unknown|was rejected|returned with the (?:following )?error/i,
    origin: 'Postfix, Exim, Sendmail, qmail, Exchange, Courier, OpenSMTPD, Domino',
    example: "I'm afraid I wasn't able to deliver your message to the following addresses.",
  },
  {
    pattern: /^[- ]*failed recipients?\b|smtp error code \d/im,
    origin: 'InterScan E500',
    example: '------ Failed Recipients ------',
  },
  {
    pattern:
      /konnte(?:n)? nicht (?:\S+ ){0,3}(?:zugestellt|ausgeliefert|übermittelt)|unzustellbar|n'a pas pu [êe]tre (?:remis|distribu|d[ée]livr|envoy)|n'ont pas pu|non remis|no se (?:puede|pudo|ha podido) entregar|no (?:fue|ha sido) entregad|no pudo ser entregad|impossibile recapitare|non [èe] stato (?:recapitat|consegnat|possibile)|n[ãa]o (?:foi poss[íi]vel|p[ôo]de ser) entreg|niet (?:worden )?(?:bezorgd|afgeleverd)|kunde inte (?:levereras|skickas)|не (?:может быть|было|удалось) доставл?|配信(?:不能|できません|でき)|送信できませんでした|送達でき|退信|无法(?:投递|送达)|退回/iu,
    origin: 'the same in other languages: Exchange, GMX, Free, Libero, UOL, Mail.ru, NIFTY, QQ',
    example: 'Ihre Nachricht konnte nicht zugestellt werden.',
  },
];

/** Sentences of a warning: the server goes on trying. */
export const warnings: readonly WordsRow[] = [
  {
    pattern:
      /this is a warning message only|(?:do|does) not need to (?:resend|re-?send)|(?:will|shall) (?:be )?(?:continue|keep|retr)\w* (?:to )?(?:be )?(?:try|retr|deliver|attempt)|will (?:be )?(?:retried|try again|retry|keep trying)|delivery (?:is |has been |to the following recipients? has been )?(?:temporarily )?delayed|has not (?:yet )?been delivered|not yet been (?:delivered|possible)|still (?:being )?(?:tried|retried|trying|in (?:the |my )?queue)|warning: (?:message|could not send).*(?:delayed|still undelivered|for past)|delayed mail|delivery delayed|no action is required on your part|delayed \d+ hours/i,
    origin: 'Sendmail, Exim, Postfix, Exchange, Gmail',
    example: 'THIS IS A WARNING MESSAGE ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.',
  },
];

/** Lines at which the returned mail begins. What follows are our own words. */
export const copyBegins: readonly WordsRow[] = [
  {
    pattern:
      /^[ \t]*[-=*_#~]{2,}.{0,12}(?:this is a copy|below this line|below is a copy|included is a copy|original (?:message|mail)|returned (?:message|mail)|message (?:header|text|body|copy)|unsent message|header(?:s)? of|forwarded message|undelivered message|enclosed|the (?:header|body|original)|copy of (?:the|your)).{0,80}$/im,
    origin: 'Exim, qmail, Sendmail, Notes, IMail, Yahoo',
    example: '------ This is a copy of the message, including all the headers. ------',
  },
  {
    pattern:
      /^[ \t]*(?:the )?(?:original|returned|your|rejected) (?:message|mail|e-?mail)(?: text)?(?: (?:follows|is (?:attached|included|below)|was attached|headers?(?: follow)?))?[ \t]*[:.][ \t]*$/im,
    origin: 'IMail "Original message follows.", MailMarshal, James',
    example: 'Original message follows.',
  },
  {
    pattern:
      /^[ \t]*(?:Received: (?:from|by|\()|Return-Path: ?<|Content-Type: message\/rfc822|DKIM-Signature: ).*$/im,
    origin: 'servers that append the headers without a line between',
    example: 'Received: from relay.example.org by mx.example.net',
  },
];
