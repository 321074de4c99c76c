// When a newsletter goes out. Times are wall clock in the newsletter's zone. Days are ISO: Monday is 1. Pure.

export type Frequency = 'daily' | 'weekly';

/** 'wait': without limit. 'release': the issue goes out. 'skip': its posts go to the next issue. */
export type ReviewTimeout = 'wait' | 'release' | 'skip';

export interface Schedule {
  /** The frequencies that readers can choose. A reader who chose nothing has the first. */
  frequencies: Frequency[];
  /** 'HH:MM' */
  sendTime: string;
  /** The days with a daily issue. */
  weekdays: number[];
  /** The day of the weekly issue. */
  weeklyDay: number;
  /** Minutes before the slot at which the issue fixes its posts. */
  cutoffMinutes: number;
  /** 'hold': an issue waits until someone approves it. */
  review: 'auto' | 'hold';
  /** The fate of an issue in review if no reviewer decides. */
  reviewTimeout: ReviewTimeout;
  /**
   * The least time to decide, in minutes after the cut-off. The timeout comes then, but not before the slot.
   */
  reviewMinutes: number;
  /** Minutes after an approval in which it can be withdrawn and nothing is sent. */
  retractMinutes: number;
  /** An issue that someone has edited waits until another person approves it. */
  fourEyes: boolean;
  /** No issue comes due. What readers miss meanwhile joins the first issue after the pause. */
  paused: boolean;
  /** With fewer new posts there is no mail: they join the next issue. */
  minPosts: number;
  /** With more posts, the mail links to the rest. */
  maxPosts: number;
  /** A missed slot is made up for if it is no more minutes late than this. */
  lateAfterMinutes: number;
}

export const defaultSchedule: Schedule = {
  frequencies: ['daily'],
  sendTime: '07:00',
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  weeklyDay: 1,
  cutoffMinutes: 0,
  review: 'auto',
  reviewTimeout: 'wait',
  reviewMinutes: 30,
  retractMinutes: 0,
  fourEyes: false,
  paused: false,
  minPosts: 1,
  maxPosts: 20,
  lateAfterMinutes: 360,
};
