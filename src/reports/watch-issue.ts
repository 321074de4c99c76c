// The progress of an issue as it changes. All watchers of an issue in this process share one query.
import type { Db } from '../db.js';
import { isOver } from '../issues/status.js';
import { getIssueProgress, type IssueView } from './progress.js';

/** Undefined: the issue is gone. */
type Listener = (issue: IssueView | undefined) => void;

const interval = 1_000;
/** Queries take no more than a tenth of the time, also with a slow database. */
const costFactor = 10;

export interface IssueWatch {
  /**
   * Calls `listener` about once a second with the issue, until it is over or the returned function is called.
   */
  watch(issueId: string, listener: Listener): () => void;
}

export function createIssueWatch({ db }: { db: Db }): IssueWatch {
  const watched = new Map<string, Set<Listener>>();

  async function follow(issueId: string, listeners: Set<Listener>): Promise<void> {
    while (listeners.size > 0) {
      const started = Date.now();
      // A database that is away for a moment does not end the watch.
      const issue = await getIssueProgress(db, issueId).catch(() => null);
      if (issue !== null) for (const listener of listeners) listener(issue);
      if (issue === undefined || (issue !== null && isOver(issue))) break;
      const pause = Math.max(interval, (Date.now() - started) * costFactor);
      await new Promise((resolve) => setTimeout(resolve, pause).unref());
    }
    if (watched.get(issueId) === listeners) watched.delete(issueId);
  }

  return {
    watch(issueId, listener) {
      let listeners = watched.get(issueId);
      if (!listeners) {
        listeners = new Set();
        watched.set(issueId, listeners);
        listeners.add(listener);
        void follow(issueId, listeners);
      } else listeners.add(listener);
      const mine = listeners;
      return () => mine.delete(listener);
    },
  };
}
