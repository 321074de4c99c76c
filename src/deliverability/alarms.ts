// When people must hear how receivers judge their mail, before a provider refuses it. Pure.

/** What came of the mail of one sending domain in seven days. */
export interface Week {
  domain: string;
  /** Accepted by a relay, or refused for good. */
  ends: number;
  /** The address does not exist: said at the hand-over, or by a returned mail. */
  hardBounces: number;
  complaints: number;
}

export type WeekAlarm = 'many-hard-bounces' | 'many-complaints';

/** Shares of all messages. The large providers name 0.1 % complaints, and 2 % is what senders agree on for bounces. */
const limits: Record<
  WeekAlarm,
  { of: 'hardBounces' | 'complaints'; share: number; ends: number; bad: number }
> = {
  'many-hard-bounces': { of: 'hardBounces', share: 0.02, ends: 100, bad: 5 },
  'many-complaints': { of: 'complaints', share: 0.001, ends: 1_000, bad: 2 },
};

/** A few ends prove nothing, and neither does one complaint. */
export const alarmsOf = (week: Week): WeekAlarm[] =>
  (Object.keys(limits) as WeekAlarm[]).filter((alarm) => {
    const { of, share, ends, bad } = limits[alarm];
    return week.ends >= ends && week[of] >= bad && week[of] > week.ends * share;
  });

/** So many messages without a single bounce: bounces do not find their way back. */
export const messagesWithoutBounce = 5_000;

export interface Returns {
  /** Messages that relays accepted. */
  accepted: number;
  /** Mails and events about them that came back. */
  returned: number;
}

export const isSilent = ({ accepted, returned }: Returns): boolean =>
  returned === 0 && accepted >= messagesWithoutBounce;
