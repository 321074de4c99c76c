// The queue on Redis: on one server, on those that Sentinels watch, or on a Redis Cluster.
import { Queue, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { readQueueUrl } from '../config/queue-url.js';
import { runJob, stalling, withTimeout, type Backend } from './backend.js';
import { openRedis } from './redis-client.js';
import { redisServer } from './redis-server.js';

/** Queues for the deliveries on a cluster. */
const clusterSpread = 4;

export interface RedisBackendOptions {
  /** In the form of QUEUE_URL. */
  url: string;
  /** Begins the name of every key. */
  prefix: string;
  onError: (error: Error) => void;
}

export function redisBackend({ url, prefix, onError: report }: RedisBackendOptions): Backend {
  // A cluster's error holds the reason of the node that was asked last.
  const onError = (error: Error & { lastNodeError?: Error }) => report(error.lastNodeError ?? error);
  const clients: (Redis | Cluster)[] = [];
  const open = (producer: boolean) => {
    const made = openRedis(url, { producer, onError });
    clients.push(made);
    return made;
  };
  let producer: Redis | Cluster | undefined;
  let consumer: Redis | Cluster | undefined;
  const client = () => (consumer ??= open(false));
  // What stands in braces decides the node of a cluster. All keys of one queue must lie on one node.
  const tag = `{${prefix}}`;
  const tagOf = (queue: string): string => `{${prefix}:${queue}}`;
  const { database, kind } = readQueueUrl(url);
  return {
    queue(name) {
      producer ??= open(true);
      // BullMQ waits for a ready connection. With the version check, the first job would fail without one.
      const queue = new Queue(name, { connection: producer, prefix: tagOf(name), skipVersionCheck: true });
      queue.on('error', onError);
      return queue;
    },
    worker(name, run, concurrency) {
      const worker = new Worker(name, (job, token) => runJob(run, job, token), {
        connection: client(),
        prefix: tagOf(name),
        concurrency,
        ...stalling,
      });
      worker.on('error', onError);
      return worker;
    },
    notes: {
      read: (name) => withTimeout(client().get(`${tag}:note:${name}`), 'queue'),
      async write(name, text) {
        await withTimeout(client().set(`${tag}:note:${name}`, text), 'queue');
      },
    },
    server: redisServer(client, { tag, database }),
    spread: kind === 'cluster' ? clusterSpread : 1,
    disconnect() {
      for (const each of clients) each.disconnect();
      return Promise.resolve();
    },
  };
}
