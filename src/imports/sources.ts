// The column names of other services, and the meanings of their status values. Data, with its origin. Pure.
//
// Names are compared without case, spaces, hyphens, underscores and accents (`columnKey`).

/**
 * The fields that a column can hold. `customFields.city` is a field of the newsletter; `ignore` leaves the
 * column out.
 */
export const targets = [
  'email',
  'name',
  'firstName',
  'lastName',
  'status',
  'listStatus',
  'subscribed',
  'disabled',
  'bounced',
  'complained',
  'blocked',
  'language',
  'timezone',
  'topics',
  'tags',
  'frequency',
  'sendTime',
  'weekday',
  'pausedUntil',
  'plainText',
  'trackingAgreedAt',
  'requestedAt',
  'requestedIp',
  'confirmedAt',
  'confirmedIp',
  'unsubscribedAt',
  'bouncedAt',
  'complainedAt',
  'deletedAt',
  'reason',
  'basis',
  'suppressedFor',
  'attributes',
  'ignore',
] as const;

export type Target = (typeof targets)[number] | `customFields.${string}`;

/** `bounced` and `complained` become suppressions with that reason. */
export type SourceStatus =
  'active' | 'pending' | 'expired' | 'unsubscribed' | 'suppressed' | 'bounced' | 'complained';

export const sourceNames = [
  'daily-digest',
  'mailchimp',
  'listmonk',
  'ghost',
  'mailpoet',
  'substack',
  'buttondown',
  'jetpack',
] as const;

export type SourceName = (typeof sourceNames)[number];

export interface ImportSource {
  name: SourceName;
  /** Sets of columns. A file that has all columns of one set comes from this service. */
  signs: readonly (readonly string[])[];
  columns: Readonly<Record<string, Target>>;
  statuses?: Readonly<Record<string, SourceStatus>>;
  /**
   * Columns that only a file of such readers has: every row has this status, unless a column says otherwise.
   */
  everyone?: Readonly<Record<string, SourceStatus>>;
  backslash?: true;
}

/** ß, ø and similar letters have no separable accent, so they stay. */
export const columnKey = (name: string): string =>
  name
    .normalize('NFKD')
    .replaceAll(/[\p{M}\s_.:*-]/gu, '')
    .toLowerCase();

/** hasOwn, because a column may be called "constructor". */
export const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

export const sources: readonly ImportSource[] = [
  {
    name: 'daily-digest',
    signs: [['email', 'status', 'plaintext', 'requestedat']],
    columns: { consent: 'basis', plaintext: 'plainText', trackingagreedat: 'trackingAgreedAt' },
  },
  {
    // The files of an audience's export are subscribed_…, unsubscribed_…, cleaned_… and nonsubscribed_…;
    // times are UTC. mailchimp.com/help/view-export-contacts, and headers that programs reading them quote:
    // github.com code search for "UNSUB_CAMPAIGN_TITLE" and "CLEAN_TIME".
    name: 'mailchimp',
    signs: [
      ['memberrating', 'optintime'],
      ['emailaddress', 'leid', 'euid'],
    ],
    columns: {
      emailaddress: 'email',
      optintime: 'requestedAt',
      optinip: 'requestedIp',
      confirmtime: 'confirmedAt',
      confirmip: 'confirmedIp',
      unsubtime: 'unsubscribedAt',
      unsubreason: 'reason',
      cleantime: 'bouncedAt',
      timezone: 'timezone',
      tags: 'tags',
    },
    everyone: { unsubtime: 'unsubscribed', cleantime: 'bounced' },
  },
  {
    // github.com/knadh/listmonk cmd/subscribers.go, handleExportSubscribers; statuses: schema.sql,
    // subscriber_status.
    name: 'listmonk',
    signs: [['uuid', 'email', 'name', 'attributes', 'status']],
    columns: { attributes: 'attributes', createdat: 'requestedAt' },
    statuses: { enabled: 'active', disabled: 'unsubscribed', blocklisted: 'suppressed' },
  },
  {
    // github.com/TryGhost/Ghost api/endpoints/utils/serializers/output/members.js, CSV_HEADERS.
    name: 'ghost',
    signs: [['email', 'subscribedtoemails', 'labels']],
    columns: {
      subscribedtoemails: 'subscribed',
      labels: 'tags',
      createdat: 'requestedAt',
      deletedat: 'deletedAt',
    },
  },
  {
    // github.com/mailpoet/mailpoet lib/Subscribers/ImportExport/ImportExportFactory.php (and
    // Export/Export.php: its quotation marks); statuses: lib/Entities/SubscriberEntity.php. An inactive
    // subscriber only opens no mails.
    name: 'mailpoet',
    signs: [
      ['email', 'liststatus', 'globalstatus'],
      ['email', 'globalstatus', 'list'],
      ['email', 'subscriptionip', 'confirmationip'],
    ],
    columns: {
      subscriptionip: 'requestedIp',
      ipaddress: 'requestedIp',
      subscriptiontime: 'requestedAt',
      confirmationtime: 'confirmedAt',
      confirmationip: 'confirmedIp',
      globalstatus: 'status',
      liststatus: 'listStatus',
      list: 'tags',
    },
    statuses: { subscribed: 'active', inactive: 'active', unconfirmed: 'pending' },
    backslash: true,
  },
  {
    // email_list.<publication>.csv of a whole export, as programs that read it quote it; the subscriber
    // dashboard's own: github.com/buttondown/roadmap issue 2282. An "active subscription" is a paid one.
    name: 'substack',
    signs: [
      ['email', 'activesubscription', 'emaildisabled'],
      ['email', 'activesubscription', 'expiry'],
      ['email', 'subscriptiontype', 'activity', 'subscriptiondate'],
    ],
    columns: {
      emaildisabled: 'disabled',
      createdat: 'requestedAt',
      subscriptiondate: 'requestedAt',
    },
  },
  {
    // docs.buttondown.com/api-subscribers-introduction (type was subscriber_type, email_address email) and
    // /api-subscribers-type; the export's IP and confirmation: github.com/buttondown/roadmap issue 2361.
    name: 'buttondown',
    signs: [
      ['subscribertype', 'creationdate'],
      ['email', 'subscribertype'],
      ['emailaddress', 'type', 'creationdate'],
      ['emailaddress', 'type', 'unsubscriptiondate'],
    ],
    columns: {
      emailaddress: 'email',
      subscribertype: 'status',
      type: 'status',
      creationdate: 'requestedAt',
      ipaddress: 'requestedIp',
      subscriptiondate: 'confirmedAt',
      confirmationdate: 'confirmedAt',
      unsubscriptiondate: 'unsubscribedAt',
      unsubscriptionreason: 'reason',
      undeliverabilitydate: 'bouncedAt',
      metadata: 'attributes',
      tags: 'tags',
    },
    statuses: {
      regular: 'active',
      premium: 'active',
      trialed: 'active',
      unpaid: 'active',
      gifted: 'active',
      churning: 'active',
      churned: 'active',
      paused: 'active',
      past_due: 'active',
      unactivated: 'pending',
      upcoming: 'pending',
      removed: 'unsubscribed',
      undeliverable: 'bounced',
      malformed: 'bounced',
      blocked: 'suppressed',
      spammy: 'suppressed',
      disabled: 'suppressed',
    },
  },
  {
    // WordPress.com's "Download subscribers as CSV" has the addresses and no more:
    // github.com/Automattic/jetpack issue 40260. The list's own columns, and what they mean:
    // wordpress.com/support/subscribers, issue 48365.
    name: 'jetpack',
    signs: [
      ['emailaddress', 'subscriptionstatus'],
      ['emailaddress', 'datesubscribed'],
      ['email', 'emailsubscription'],
    ],
    columns: {
      emailaddress: 'email',
      displayname: 'name',
      emailsubscription: 'status',
      subscriptionstatus: 'status',
      datesubscribed: 'requestedAt',
      since: 'requestedAt',
    },
    statuses: {
      subscribed: 'active',
      'not subscribed': 'unsubscribed',
      'not confirmed': 'pending',
      'not sending': 'suppressed',
      email_subscriber: 'active',
      reader_subscriber: 'unsubscribed',
      unconfirmed_subscriber: 'pending',
      blocked_subscriber: 'suppressed',
    },
  },
];

/**
 * Column names in any file, in the languages of spreadsheets. Ambiguous names are left out: "address" may be
 * a street, "state" one of the USA.
 */
const generic = {
  email:
    'email mail emailaddress mailaddress emailadresse mailadresse courriel adressemail adresseemail ' +
    'correo correoelectronico direcciondecorreo emailid indirizzoemail endereçodeemail emaildoassinante ' +
    'correio epost epostadresse sahkoposti emailcim адресэлектроннойпочты почта 邮箱 电子邮件 メールアドレス 이메일 ' +
    'דואל דוארלאקטרוני דואראלקטרוני אימייל البريد البريدالالكتروني البريدالإلكتروني',
  name: 'name fullname displayname subscribername nom nomcomplet nombre nombrecompleto vollername naam nome nomecompleto имя 姓名 名前 이름 שם שםמלא الاسم',
  firstName: 'firstname givenname fname vorname prenom primernombre voornaam nomeproprio שםפרטי الاسمالاول',
  lastName:
    'lastname surname familyname lname nachname familienname nomdefamille apellido apellidos achternaam cognome sobrenome שםמשפחה اسمالعائلة',
  status: 'status subscriptionstatus statut סטטוס الحالة',
  subscribed: 'subscribed issubscribed optin optedin active aktiv abonniert abonne suscrito',
  disabled:
    'unsubscribed isunsubscribed optout optedout emailoptout hasoptedoutofemail emaildisabled abgemeldet desabonne',
  bounced: 'bounced isbounced hasbounced bounce hardbounce hardbounced',
  complained: 'complained iscomplained hascomplained complaint spamcomplaint markedasspam',
  blocked:
    'blocked isblocked blacklisted isblacklisted blocklisted isblocklisted suppressed issuppressed donotemail donotmail ' +
    'donotcontact gesperrt',
  language: 'language lang locale sprache langue idioma lingua שפה اللغة',
  timezone: 'timezone zeitzone fuseauhoraire zonahoraria',
  topics: 'topics topic themen thema sujets temas',
  tags: 'tags labels categories schlagworter etiquettes etiquetas',
  frequency: 'frequency haufigkeit frequence frecuencia',
  sendTime: 'sendtime',
  weekday: 'weekday',
  pausedUntil: 'pauseduntil',
  attributes: 'customfields',
  requestedAt:
    'requestedat signupdate signedupat subscribedat subscribedate subscribedon subscriptiondate optindate optintime ' +
    'createdat created dateadded datesubscribed registeredat angemeldetam anmeldedatum dateinscription fechadealta',
  requestedIp: 'requestedip signupip optinip ip ipaddress subscribedip ipadresse adresseip',
  confirmedAt:
    'confirmedat confirmdate confirmtime confirmationdate optinconfirmed doubleoptin bestatigtam confirmele',
  confirmedIp: 'confirmedip confirmip confirmationip',
  unsubscribedAt:
    'unsubscribedat unsubscribedate unsubscribetime unsubscriptiondate optoutdate optouttime abgemeldetam ' +
    'datedesinscription fechadebaja',
  bouncedAt: 'bouncedat bouncedate bouncetime',
  complainedAt: 'complainedat complaintdate',
  suppressedFor: 'suppressedfor',
  basis: 'basis consent legalbasis einwilligung consentement consentimiento',
} satisfies Partial<Record<Target, string>>;

/** By column key: names that any file may use. */
export const genericColumns: ReadonlyMap<string, Target> = new Map(
  Object.entries(generic).flatMap(([target, names]) =>
    names.split(' ').map((name) => [columnKey(name), target as Target] as const),
  ),
);

/** Values in the status column of any file. */
export const genericStatuses: Readonly<Record<string, SourceStatus>> = {
  active: 'active',
  subscribed: 'active',
  confirmed: 'active',
  enabled: 'active',
  verified: 'active',
  pending: 'pending',
  unconfirmed: 'pending',
  unverified: 'pending',
  expired: 'expired',
  unsubscribed: 'unsubscribed',
  'opted in': 'active',
  'opted out': 'unsubscribed',
  declined: 'unsubscribed',
  refused: 'unsubscribed',
  rejected: 'unsubscribed',
  withdrawn: 'unsubscribed',
  revoked: 'unsubscribed',
  left: 'unsubscribed',
  removed: 'unsubscribed',
  inactive: 'unsubscribed',
  disabled: 'unsubscribed',
  cancelled: 'unsubscribed',
  deleted: 'unsubscribed',
  archived: 'unsubscribed',
  nonsubscribed: 'unsubscribed',
  transactional: 'unsubscribed',
  bounced: 'bounced',
  bounce: 'bounced',
  cleaned: 'bounced',
  undeliverable: 'bounced',
  complained: 'complained',
  complaint: 'complained',
  spam: 'complained',
  abuse: 'complained',
  suppressed: 'suppressed',
  blocked: 'suppressed',
  blocklisted: 'suppressed',
  blacklisted: 'suppressed',
};
