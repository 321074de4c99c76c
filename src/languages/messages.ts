// The keys of all messages as types, so that an unknown key does not compile. Add a new area here.
import type accountMail from './accountMail/en.json';
import type address from './address/en.json';
import type archive from './archive/en.json';
import type audit from './audit/en.json';
import type confirming from './confirming/en.json';
import type consent from './consent/en.json';
import type console from './console/en.json';
import type delivery from './delivery/en.json';
import type design from './design/en.json';
import type doctor from './doctor/en.json';
import type digest from './digest/en.json';
import type errors from './errors/en.json';
import type factor from './factor/en.json';
import type feeds from './feeds/en.json';
import type fetched from './fetch/en.json';
import type firstRun from './firstRun/en.json';
import type form from './form/en.json';
import type growth from './growth/en.json';
import type handOver from './handOver/en.json';
import type home from './home/en.json';
import type imports from './imports/en.json';
import type integrations from './integrations/en.json';
import type issue from './issue/en.json';
import type joining from './joining/en.json';
import type leaving from './leaving/en.json';
import type logo from './logo/en.json';
import type mail from './mail/en.json';
import type next from './next/en.json';
import type notices from './notices/en.json';
import type passkey from './passkey/en.json';
import type posts from './posts/en.json';
import type preferences from './preferences/en.json';
import type profile from './profile/en.json';
import type readers from './readers/en.json';
import type reasons from './reasons/en.json';
import type report from './report/en.json';
import type schedule from './schedule/en.json';
import type sending from './sending/en.json';
import type settings from './settings/en.json';
import type signIn from './signIn/en.json';
import type site from './site/en.json';
import type size from './size/en.json';
import type states from './states/en.json';
import type template from './template/en.json';
import type team from './team/en.json';
import type webhooks from './webhooks/en.json';
import type when from './when/en.json';
import type why from './why/en.json';

interface Areas {
  accountMail: typeof accountMail;
  address: typeof address;
  archive: typeof archive;
  audit: typeof audit;
  confirming: typeof confirming;
  consent: typeof consent;
  console: typeof console;
  delivery: typeof delivery;
  design: typeof design;
  digest: typeof digest;
  doctor: typeof doctor;
  errors: typeof errors;
  feeds: typeof feeds;
  fetch: typeof fetched;
  firstRun: typeof firstRun;
  form: typeof form;
  growth: typeof growth;
  imports: typeof imports;
  integrations: typeof integrations;
  factor: typeof factor;
  handOver: typeof handOver;
  home: typeof home;
  issue: typeof issue;
  joining: typeof joining;
  leaving: typeof leaving;
  logo: typeof logo;
  mail: typeof mail;
  next: typeof next;
  notices: typeof notices;
  passkey: typeof passkey;
  posts: typeof posts;
  preferences: typeof preferences;
  profile: typeof profile;
  readers: typeof readers;
  reasons: typeof reasons;
  report: typeof report;
  schedule: typeof schedule;
  sending: typeof sending;
  settings: typeof settings;
  signIn: typeof signIn;
  site: typeof site;
  size: typeof size;
  states: typeof states;
  team: typeof team;
  template: typeof template;
  webhooks: typeof webhooks;
  when: typeof when;
  why: typeof why;
}

export type Area = keyof Areas;

/** 'joining.title' */
export type MessageKey = { [A in Area]: `${A}.${keyof Areas[A] & string}` }[Area];

/**
 * A message's arguments: texts; numbers, which the language's rules count and format; or other messages, which are
 * translated first.
 */
export type Arguments = Readonly<Record<string, string | number | Message | undefined>>;

/** A text that is translated later, when the reader's language is known. */
export interface Message {
  key: MessageKey;
  args?: Arguments;
}

/** Words for a person: a message of ours, or a text that stays as it is, such as a server's reply. */
export type Said = Message | string;
