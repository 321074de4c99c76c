// Connections to a Redis or to a Redis Cluster.
import { Cluster, Redis } from 'ioredis';
import { readQueueUrl } from '../config/queue-url.js';

/** A client for QUEUE_URL. A producer's commands fail at once when Redis is unreachable; a worker's wait for it. */
export function openRedis(
  url: string,
  { producer, onError }: { producer: boolean; onError: (error: Error) => void },
): Redis | Cluster {
  const { nodes, isCluster, tls, username = '', password } = readQueueUrl(url);
  const options = {
    maxRetriesPerRequest: producer ? 1 : null,
    enableOfflineQueue: !producer,
    connectTimeout: 5_000,
    // A connection whose packets vanish is replaced. A worker waits up to 10 s for a job, without any byte.
    socketTimeout: producer ? 5_000 : 15_000,
    keepAlive: 10_000,
    retryStrategy: (times: number) => Math.min(times * 200, 2_000),
  };
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
