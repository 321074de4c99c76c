import { createServer } from 'node:net';

/** Why `port` cannot be listened on at `host` just now; undefined: it can. */
export function portProblem(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve('another program listens there');
      else resolve(error.code === 'EACCES' ? 'this user may not listen there' : error.message);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The first of `wanted` that is free, else any free port. Somebody may still take it before it is used. */
export async function freePort(wanted: readonly number[] = [], host = '127.0.0.1'): Promise<number> {
  for (const port of wanted) if ((await portProblem(port, host)) === undefined) return port;
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
