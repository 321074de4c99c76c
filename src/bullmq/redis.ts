// The queue on Redis, or on a Redis Cluster.
import { Queue, Worker } from 'bullmq';
import { Cluster, Redis } from 'ioredis';
import { readQueueUrl } from '../config/queue-url.js';
import { stalling, withTimeout, type Backend } from './backend.js';

// In braces: on a Redis Cluster all keys of the queues must hash to one slot.
const prefix = '{daily-digest}';

export function redisBackend(url: string, onError: (error: Error) => void): Backend {
  const clients: (Redis | Cluster)[] = [];
  const open = (producer: boolean) => {
    const made = redisClient(url, producer, onError);
    clients.push(made);
    return made;
  };
  let producer: Redis | Cluster | undefined;
  let consumer: Redis | Cluster | undefined;
  return {
    queue(name) {
      producer ??= open(true);
      // BullMQ waits for a ready connection. With the version check, the first job would fail without one.
      const queue = new Queue(name, { connection: producer, prefix, skipVersionCheck: true });
      queue.on('error', onError);
      return queue;
    },
    worker(name, run, concurrency) {
      consumer ??= open(false);
      const worker = new Worker(name, (job) => run(job.data), {
        connection: consumer,
        prefix,
        concurrency,
        ...stalling,
      });
      worker.on('error', onError);
      return worker;
    },
    notes: {
      read: (name) => withTimeout((consumer ??= open(false)).get(`${prefix}:note:${name}`), 'queue'),
      async write(name, text) {
        await withTimeout((consumer ??= open(false)).set(`${prefix}:note:${name}`, text), 'queue');
      },
    },
    disconnect() {
      for (const client of clients) client.disconnect();
      return Promise.resolve();
    },
  };
}

/** A client for the URL. A producer's commands fail at once when Redis is unreachable; a worker's wait for it. */
function redisClient(url: string, producer: boolean, onError: (error: Error) => void): Redis | Cluster {
  const options = {
    maxRetriesPerRequest: producer ? 1 : null,
    enableOfflineQueue: !producer,
    connectTimeout: 5_000,
    // A connection whose packets vanish is replaced. A worker waits up to 10 s for a job, without any byte.
    socketTimeout: producer ? 5_000 : 15_000,
    keepAlive: 10_000,
    retryStrategy: (times: number) => Math.min(times * 200, 2_000),
  };
  const { nodes, isCluster, tls, username = '', password } = readQueueUrl(url);
  if (!isCluster) return new Redis(url, options).on('error', onError);
  return new Cluster(nodes, {
    enableOfflineQueue: !producer,
    redisOptions: {
      ...options,
      ...(password === undefined ? {} : { username, password }),
      ...(tls ? { tls: {} } : {}),
    },
    // By name, because the certificates are made for the names.
    ...(tls ? { dnsLookup: (name, found) => found(null, name) } : {}),
  }).on('error', onError);
}
