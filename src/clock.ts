// The one clock of a process: the database's time. A host whose clock is wrong then decides nothing early or
// late, and what a statement decides agrees with what code decides.
import { databaseTime, type Db } from './db.js';
import { minute, second } from './durations.js';
import type { Log } from './log.js';

export interface Clock {
  now(): Date;
  /**
   * Asks the database for its time. Call it about once a minute: until then this process counts on by itself.
   */
  measure(): Promise<void>;
  /** Milliseconds by which the host's clock is ahead of the database's; negative: behind. */
  hostAhead(): number;
}

export interface ClockOptions {
  /** Milliseconds. It only goes forward: setting the host's clock changes nothing. */
  counter?: () => number;
  /** The host's time of day, in milliseconds. */
  hostTime?: () => number;
}

/** Counts from the database's time. */
export async function startClock(
  db: Db,
  { counter = () => performance.now(), hostTime = Date.now }: ClockOptions = {},
): Promise<Clock> {
  let offset = 0;
  async function measure(): Promise<void> {
    const asked = counter();
    const at = await databaseTime(db);
    // The answer was right half a round trip ago.
    offset = at.getTime() - (asked + counter()) / 2;
  }
  await measure();
  const now = (): number => counter() + offset;
  return { now: () => new Date(now()), measure, hostAhead: () => hostTime() - now() };
}

/** Milliseconds of difference that are said, and beyond which a worker plans nothing. */
const tolerated = 5 * second;
const tooMuch = minute;
/** Milliseconds until the log says it again. */
const repeatAfter = 10 * minute;

/** How wrong a host's clock is, judged by the database's. */
export type ClockState = 'right' | 'wrong' | 'too-wrong';

export function judgeClock(hostAhead: number): ClockState {
  if (Math.abs(hostAhead) <= tolerated) return 'right';
  return Math.abs(hostAhead) <= tooMuch ? 'wrong' : 'too-wrong';
}

/** Such as "the clock of this host is 15 s ahead of the database's". */
export function offsetInWords(hostAhead: number, host: string): string {
  const seconds = Math.round(Math.abs(hostAhead) / second);
  return `the clock of ${host} is ${seconds} s ${hostAhead > 0 ? 'ahead of' : 'behind'} the database's`;
}

/** Says in the log that the host's clock is wrong, and that it is right again. Call `look` again and again. */
export function watchClock(
  clock: Pick<Clock, 'hostAhead'>,
  log: Log,
  counter: () => number = () => performance.now(),
): { look(): void } {
  let said: { state: ClockState; at: number } = { state: 'right', at: 0 };
  return {
    look() {
      const hostAhead = clock.hostAhead();
      const state = judgeClock(hostAhead);
      if (state === said.state && (state === 'right' || counter() - said.at < repeatAfter)) return;
      said = { state, at: counter() };
      const fields = { hostAheadSeconds: Math.round(hostAhead / second) };
      const words = offsetInWords(hostAhead, 'this host');
      if (state === 'right') log.info(fields, 'clock: right again');
      else if (state === 'wrong') log.warn(fields, `clock: ${words}`);
      else log.error(fields, `clock: ${words}: this worker plans no issues until the clock is set right`);
    },
  };
}
