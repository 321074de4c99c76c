// The links between hosts and the servers that all hosts use, which a test cuts: packets vanish, and neither end
// learns of it. Where the system allows network namespaces, each host has one. Elsewhere a proxy holds the bytes.
import { startDroppingProxy } from './dropping-proxy.js';
import { canIsolate, openNamespaces } from './namespaces.js';

export interface Link {
  /** The server's URL as the host reaches it. */
  url: string;
  cut(): void;
  mend(): void;
}

export interface HostNetwork {
  /** The command that runs a program on this host. Empty: it runs beside the test. */
  command: readonly string[];
  /** `target`: the server's URL as the test reaches it. */
  linkTo(target: string): Promise<Link>;
}

export interface Network {
  kind: 'namespaces' | 'proxies';
  /** Servers must listen at this address. */
  address: string;
  addHost(name: string): Promise<HostNetwork>;
  close(): Promise<void>;
}

export function openNetwork(): Promise<Network> {
  return canIsolate() ? openNamespaces() : Promise.resolve(openProxies());
}

function openProxies(): Network {
  const closers: (() => Promise<void>)[] = [];
  return {
    kind: 'proxies',
    address: '127.0.0.1',
    addHost: () =>
      Promise.resolve({
        command: [],
        async linkTo(target) {
          const proxy = await startDroppingProxy(target);
          closers.push(() => proxy.close());
          return { url: proxy.url, cut: () => proxy.hold(true), mend: () => proxy.hold(false) };
        },
      }),
    close: async () => void (await Promise.all(closers.map((close) => close()))),
  };
}
