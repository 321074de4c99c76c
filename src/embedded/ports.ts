import { createServer } from 'node:net';

/** True if `port` can be listened on at `host` just now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The first of `wanted` that is free, else any free port. Somebody may still take it before it is used. */
export async function freePort(wanted: readonly number[] = [], host = '127.0.0.1'): Promise<number> {
  for (const port of wanted) if (await isPortFree(port, host)) return port;
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
