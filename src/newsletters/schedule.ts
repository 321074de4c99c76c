// When a newsletter goes out. Times are wall clock in the newsletter's zone; days are ISO, Monday is 1. Pure.

export type Frequency = 'daily' | 'weekly';

/** 'wait': for as long as it takes; 'release': it goes out; 'skip': its posts go to the next issue. */
export type ReviewTimeout = 'wait' | 'release' | 'skip';

export interface Schedule {
  /** What readers may choose; a reader who chose nothing has the first. */
  frequencies: Frequency[];
  /** 'HH:MM' */
  sendTime: string;
  /** The days with a daily issue. */
  weekdays: number[];
  /** The day of the weekly issue. */
  weeklyDay: number;
  /** Minutes before the slot at which the issue fixes its posts. */
  cutoffMinutes: number;
  /** 'hold': an issue waits for someone to approve it. */
  review: 'auto' | 'hold';
  /** What happens to a held issue if nobody decides. */
  reviewTimeout: ReviewTimeout;
  /** Minutes after the cut-off that there are to decide at least; then, and not before the slot, the timeout comes. */
  reviewMinutes: number;
  /** Minutes after an approval in which nothing is handed over and it can be taken back. */
  retractMinutes: number;
  /** Fewer new posts than this: no mail, they join the next issue. */
  minPosts: number;
  /** More than this: the mail links to the rest. */
  maxPosts: number;
  /** A missed slot is sent if at most this late. */
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
  minPosts: 1,
  maxPosts: 20,
  lateAfterMinutes: 360,
};
