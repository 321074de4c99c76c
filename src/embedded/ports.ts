import { createServer } from 'node:net';

export interface PortProblem {
  /** The part of the address that must be another. */
  cause: 'host' | 'port';
  problem: string;
}

/** Why a server cannot listen on `port` at `host` now; undefined: it can. */
export function portProblem(port: number, host: string): Promise<PortProblem | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EADDRINUSE') resolve({ cause: 'port', problem: 'another program listens there' });
      else if (code === 'EACCES') resolve({ cause: 'port', problem: 'this user may not listen there' });
      else if (code === 'EADDRNOTAVAIL')
        resolve({ cause: 'host', problem: 'this machine has no such address' });
      else if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
        resolve({ cause: 'host', problem: 'no address is known for this name' });
      else resolve({ cause: code === 'EINVAL' ? 'host' : 'port', problem: message });
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
