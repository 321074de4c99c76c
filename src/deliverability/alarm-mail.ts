// The mails to the accounts about complaints, bounces and their absence (watch.ts). In English, like the console.
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { oneLine } from '../text/clean-text.js';
import { formatNumber } from '../text/words.js';
import { alarmsOf, isSilent, type Returns, type Week, type WeekAlarm } from './alarms.js';
import { selectReturns, selectWeeks } from './store.js';

export type AlarmKind = WeekAlarm | 'nothing-came-back';

interface AlarmMailDeps {
  db: Db;
  now: () => Date;
  /** Without a trailing slash. */
  baseUrl: string;
}

interface Words {
  heading: string;
  text: string;
}

/** The renderers of the kinds of alarm. */
export function alarmMails(deps: AlarmMailDeps): Record<AlarmKind, RenderAccountMail> {
  const ofWeek =
    (kind: WeekAlarm): RenderAccountMail =>
    async ({ subjectId }) => {
      const weeks = await selectWeeks(deps.db, deps.now());
      const week = weeks.find(({ domain }) => domain === subjectId);
      return week && alarmsOf(week).includes(kind) ? mailOf(deps, weekInWords[kind](week)) : undefined;
    };
  return {
    'many-hard-bounces': ofWeek('many-hard-bounces'),
    'many-complaints': ofWeek('many-complaints'),
    async 'nothing-came-back'() {
      const returns = await selectReturns(deps.db, deps.now());
      return isSilent(returns) ? mailOf(deps, silenceInWords(returns)) : undefined;
    },
  };
}

async function mailOf(
  { db, baseUrl }: AlarmMailDeps,
  { heading, text }: Words,
): ReturnType<RenderAccountMail> {
  const [first] = await listNewsletters(db);
  if (first === undefined) return undefined;
  const view = {
    subject: heading,
    name: oneLine(first.name),
    about: heading,
    heading,
    text,
    preheader: text,
    actions: [{ label: 'Open the console', url: `${baseUrl}/console` }],
  };
  return {
    from: first.from,
    subject: heading,
    html: await renderEmail('account', view),
    text: renderText('account', view),
  };
}

const number = (count: number): string => formatNumber(count, 'en');
const percent = (part: number, of: number): string =>
  `${((part / of) * 100).toFixed(2).replace(/\.?0+$/, '')} %`;

const weekInWords: Record<WeekAlarm, (week: Week) => Words> = {
  'many-hard-bounces': ({ domain, ends, hardBounces }) => ({
    heading: `Many addresses of your readers do not exist`,
    text:
      `In seven days, ${number(hardBounces)} of ${number(ends)} messages from ${domain} went to addresses that do not exist ` +
      `(${percent(hardBounces, ends)}). Above 2 % mailbox providers begin to distrust a sender. These readers are ` +
      'suppressed and get no more mail. Look at where the addresses came from: an old import, or a form without confirmation.',
  }),
  'many-complaints': ({ domain, ends, complaints }) => ({
    heading: 'Many readers report your mail as spam',
    text:
      `In seven days, ${number(complaints)} readers of ${number(ends)} messages from ${domain} reported them as spam ` +
      `(${percent(complaints, ends)}). Above 0.1 % mailbox providers move mail to the spam folder, also for readers who ` +
      'want it. Those who complained get no more mail. Ask whether all readers know that they subscribed, and whether ' +
      'you send more often than they expect.',
  }),
};

const silenceInWords = ({ accepted }: Returns): Words => ({
  heading: 'No bounce comes back',
  text:
    `Relays accepted ${number(accepted)} messages in two weeks, and not one came back. Some addresses always fail, so ` +
    'bounces probably get lost on their way to us. Run “npx daily-digest feedback test”: it sends a mail that must ' +
    'come back, and says where it stops. “npx daily-digest doctor” checks the MX of the bounce domain.',
});
