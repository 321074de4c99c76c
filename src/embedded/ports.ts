import { createServer } from 'node:net';

/** Why a server cannot listen on `port` at `host` now; undefined: it can. */
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

/** The first free port of `wanted`, else any free port. Another program may still take it before its use. */
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
