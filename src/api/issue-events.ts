// The counts of an issue as server-sent events.
import type { Request, Response } from 'express';
import type { IssueWatch } from '../reports/watch-issue.js';
import { isOver } from '../issues/status.js';

/** Proxies close what is silent for a minute. */
const heartbeatMs = 15_000;

/** Sends the issue each time it has changed, and ends when it is over. A client that comes back starts anew. */
export function streamIssue(issueWatch: IssueWatch, issueId: string, req: Request, res: Response): void {
  res.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    // nginx would keep events back until its buffer is full.
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
    // EventSource would connect again for ever if it were not told.
    res.write('event: over\ndata: {}\n\n');
    end();
    res.end();
  });
  function end(): void {
    clearInterval(heartbeat);
    stop();
  }
  req.on('close', end);
}
