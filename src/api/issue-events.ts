// Streams the counts of an issue as server-sent events.
import type { Response } from 'express';
import type { IssueWatch } from '../reports/watch-issue.js';
import { isOver } from '../issues/status.js';

/** Proxies close a connection that is silent for a minute. */
const heartbeatMs = 15_000;

/**
 * Sends the issue after each change, and ends the stream when the issue is over. A client that reconnects
 * starts with the current counts.
 */
export function streamIssue(issueWatch: IssueWatch, issueId: string, res: Response): void {
  // The client left while the issue was read: there is no 'close' to wait for any more.
  if (res.closed) return;
  res.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    // Without this header nginx holds events back until its buffer is full.
    'X-Accel-Buffering': 'no',
  });
  res.flushHeaders();
  let last = '';
  const heartbeat = setInterval(() => res.write(': still here\n\n'), heartbeatMs);
  const stop = issueWatch.watch(issueId, (issue) => {
    const data = JSON.stringify(issue ?? null);
    if (issue && data !== last) res.write(`event: counts\ndata: ${data}\n\n`);
    last = data;
    if (issue && !isOver(issue)) return;
    // Without this event EventSource would reconnect for ever.
    res.write('event: over\ndata: {}\n\n');
    end();
    res.end();
  });
  function end(): void {
    clearInterval(heartbeat);
    stop();
  }
  res.once('close', end);
}
