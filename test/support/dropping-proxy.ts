// A TCP proxy whose established connections can fall silent, as after a failover or when a NAT forgets a flow:
// neither end learns of it, and new connections work.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface DroppingProxy {
  /** The target's URL with the proxy's host and port. */
  url: string;
  /** From now on, no byte passes through any connection that exists. Returns their number. */
  drop(): number;
  /** True: connections that are made from now on fall silent too. False: they work again. */
  dropNew(does: boolean): void;
  /**
   * True: no byte passes, of any connection, and no end of one. False: they pass on, as TCP repeats what a cut
   * link has lost.
   */
  hold(does: boolean): void;
  close(): Promise<void>;
}

interface Flow {
  silent: boolean;
  ends: readonly [Socket, Socket];
}

/** Starts a proxy before the server that `target` names, such as postgres://user:pass@127.0.0.1:5432/name. */
export async function startDroppingProxy(target: string): Promise<DroppingProxy> {
  const { hostname, port } = new URL(target);
  const flows = new Set<Flow>();
  let newAreSilent = false;
  let held = false;
  const endFlow = (flow: Flow): void => {
    for (const end of flow.ends) end.destroy();
    flows.delete(flow);
  };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const flow: Flow = { silent: newAreSilent, ends: [near, far] };
    flows.add(flow);
    if (held) for (const end of flow.ends) end.pause();
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => flow.silent || to.write(bytes));
      from.on('error', () => undefined);
      // The end of one side is a packet too: a silent connection does not pass it on.
      from.on('close', () => {
        if (!flow.silent && !held) endFlow(flow);
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    drop() {
      for (const flow of flows) flow.silent = true;
      return flows.size;
    },
    dropNew(does) {
      newAreSilent = does;
    },
    hold(does) {
      held = does;
      for (const flow of flows) {
        if (!does && !flow.silent && flow.ends.some(({ destroyed }) => destroyed)) endFlow(flow);
        else if (does) for (const end of flow.ends) end.pause();
        else for (const end of flow.ends) end.resume();
      }
    },
    async close() {
      server.close();
      for (const { ends } of flows) for (const end of ends) end.destroy();
      await once(server, 'close');
    },
  };
}
