// Simulates a distant relay: forwards everything, delayed by half a round trip in each direction.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface DelayingProxy {
  port: number;
  close(): void;
}

/** Timers fire in order, so bytes stay in order. */
function passOnLate(from: Socket, to: Socket, delay: number): void {
  from.on('data', (bytes: Buffer) => setTimeout(() => to.writable && to.write(bytes), delay));
  from.on('close', () => setTimeout(() => to.destroy(), delay));
  from.on('error', () => from.destroy());
}

/** Adds `roundTrip` milliseconds to every exchange over an open connection. */
export async function startDelayingProxy(
  target: { host: string; port: number },
  roundTrip: number,
): Promise<DelayingProxy> {
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...target, noDelay: true });
    passOnLate(near, far, roundTrip / 2);
    passOnLate(far, near, roundTrip / 2);
  });
  server.listen(0, target.host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}
