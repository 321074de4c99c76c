// What Prometheus scrapes: this process, its requests, and the work there is.
import type { Request, Response } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Db } from './db.js';
import type { Log } from './log.js';
import type { Queues } from './queues.js';

export interface Metrics {
  contentType: string;
  text(): Promise<string>;
  observe: (route: string, req: Request, res: Response, seconds: number) => void;
}

export function createMetrics({ queues, log }: { db: Db; queues: Queues; log: Log }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer, by declared route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  const jobs = new Gauge({
    name: 'digest_queue_jobs',
    help: 'Waiting and active jobs.',
    labelNames: ['queue'],
    registers: [registry],
  });

  async function refresh(): Promise<void> {
    try {
      for (const [queue, count] of Object.entries(await queues.depths())) jobs.set({ queue }, count);
    } catch (error) {
      // A scrape tells what can be told; that the queue is down is for /readyz to say.
      jobs.reset();
      log.warn({ err: error }, 'metrics: the queue was not asked');
    }
  }

  return {
    contentType: registry.contentType,
    async text() {
      await refresh();
      return registry.metrics();
    },
    observe(route, req, res, seconds) {
      requests.observe({ method: req.method, route, status: res.statusCode }, seconds);
    },
  };
}
