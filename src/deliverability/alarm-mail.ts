// The mails to the accounts about complaints, bounces and their absence (watch.ts). In the language of each.
import { renderAccountMail, wordsOfAccount } from '../account-mails/render.js';
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import type { MessageKey } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import { oneLine } from '../text/clean-text.js';
import { alarmsOf, isSilent, type Returns, type Week, type WeekAlarm } from './alarms.js';
import { selectReturns, selectWeeks } from './store.js';

export type AlarmKind = WeekAlarm | 'nothing-came-back';

interface AlarmMailDeps {
  db: Db;
  now: () => Date;
  /** Without a trailing slash. */
  baseUrl: string;
}

interface Told {
  heading: string;
  text: string;
}

/** The renderers of the kinds of alarm. */
export function alarmMails(deps: AlarmMailDeps): Record<AlarmKind, RenderAccountMail> {
  const ofWeek =
    (kind: WeekAlarm): RenderAccountMail =>
    async ({ subjectId, accountId }) => {
      const weeks = await selectWeeks(deps.db, deps.now());
      const week = weeks.find(({ domain }) => domain === subjectId);
      return week && alarmsOf(week).includes(kind)
        ? mailOf(deps, accountId, (words) => weekInWords(kind, week, words))
        : undefined;
    };
  return {
    'many-hard-bounces': ofWeek('many-hard-bounces'),
    'many-complaints': ofWeek('many-complaints'),
    async 'nothing-came-back'({ accountId }) {
      const returns = await selectReturns(deps.db, deps.now());
      return isSilent(returns)
        ? mailOf(deps, accountId, (words) => silenceInWords(returns, words))
        : undefined;
    },
  };
}

async function mailOf(
  { db, baseUrl }: AlarmMailDeps,
  accountId: string,
  tell: (words: Translator) => Told,
): ReturnType<RenderAccountMail> {
  const [first] = await listNewsletters(db);
  if (first === undefined) return undefined;
  const words = await wordsOfAccount(db, accountId);
  const { heading, text } = tell(words);
  const actions = [{ label: words.t('accountMail.openConsole'), url: `${baseUrl}/console` }];
  return {
    from: first.from,
    ...(await renderAccountMail({
      words,
      name: oneLine(first.name),
      about: heading,
      heading,
      text,
      actions,
    })),
  };
}

const percent = (part: number, of: number, { locale }: Translator): string =>
  (part / of).toLocaleString(locale, { style: 'percent', maximumFractionDigits: 2 });

interface WeekWords {
  heading: MessageKey;
  text: MessageKey;
  bad: (week: Week) => number;
}

const ofKind: Record<WeekAlarm, WeekWords> = {
  'many-hard-bounces': {
    heading: 'accountMail.bouncesHeading',
    text: 'accountMail.bouncesText',
    bad: ({ hardBounces }) => hardBounces,
  },
  'many-complaints': {
    heading: 'accountMail.complaintsHeading',
    text: 'accountMail.complaintsText',
    bad: ({ complaints }) => complaints,
  },
};

function weekInWords(kind: WeekAlarm, week: Week, words: Translator): Told {
  const { heading, text, bad } = ofKind[kind];
  const { domain, ends } = week;
  const args = { bad: bad(week), ends, domain, percent: percent(bad(week), ends, words) };
  return { heading: words.t(heading), text: words.t(text, args) };
}

const silenceInWords = ({ accepted }: Returns, { t }: Translator): Told => ({
  heading: t('accountMail.silenceHeading'),
  text: t('accountMail.silenceText', {
    accepted,
    test: 'npx daily-digest feedback test',
    doctor: 'npx daily-digest doctor',
  }),
});
