// Hosts as network namespaces of Linux. A router in the middle forwards their packets, and drops those of a link
// that is cut.
//
//   test and servers 198.18.N.1 ── 198.18.N.2 router ── 198.18.N.5 ── 198.18.N.6 first host
//                                                    ── 198.18.N.9 ── 198.18.N.10 second host
//
// A process holds each namespace. It ends with the test, and then the kernel removes namespace and links. The
// addresses 198.18.0.0/15 are set aside for benchmarks, so no real network has them.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import type { HostNetwork, Link, Network } from './network.js';
import { waitUntil } from './wait.js';

interface Namespace {
  holder: ChildProcess;
  pid: number;
}

const inside = ({ pid }: Namespace): string[] => ['nsenter', `--net=/proc/${pid}/ns/net`];
// A host's own name and process ids. A pid namespace ends with its first process.
const isolated = ['unshare', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc'];
const named = ['sh', '-c', 'echo "$0" > /proc/sys/kernel/hostname && exec "$@"'];

function run(command: readonly string[]): void {
  const [program = '', ...args] = command;
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Whether this process may make network and pid namespaces, and has the programs for it. */
export function canIsolate(): boolean {
  const [program, ...args] = [...isolated, '--net', 'ip', 'rule'];
  return spawnSync(program, args).status === 0 && spawnSync('nsenter', ['--version']).status === 0;
}

async function openNamespace(): Promise<Namespace> {
  // cat ends when our end of its stdin closes.
  const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const { pid } = holder;
  if (pid === undefined) throw new Error('unshare did not start');
  const ours = readlinkSync('/proc/self/ns/net');
  await waitUntil(() => readlinkSync(`/proc/${pid}/ns/net`) !== ours, 10_000, 'the namespace');
  const namespace = { holder, pid };
  run([...inside(namespace), 'ip', 'link', 'set', 'lo', 'up']);
  return namespace;
}

async function closeNamespace({ holder }: Namespace): Promise<void> {
  const ended = once(holder, 'exit');
  holder.stdin?.end();
  await ended;
}

/** Takes the first network that no other run uses. The name of the device is the lock. */
function takeNetwork(router: Namespace): number {
  for (let number = 0; number < 256; number += 1) {
    const device = `digest-test-${number}`;
    const peer = ['peer', 'name', 'servers', 'netns', String(router.pid)];
    const made = spawnSync('ip', ['link', 'add', device, 'type', 'veth', ...peer]);
    if (made.status === 0) return number;
  }
  throw new Error('no network for the hosts: too many runs, or no devices of type veth');
}

export async function openNamespaces(): Promise<Network> {
  const router = await openNamespace();
  const onRouter = (...args: string[]): void => run([...inside(router), 'ip', ...args]);
  const number = takeNetwork(router);
  const ip = (last: number): string => `198.18.${number}.${last}`;
  const device = `digest-test-${number}`;
  run(['ip', 'address', 'add', `${ip(1)}/30`, 'dev', device]);
  run(['ip', 'link', 'set', device, 'up']);
  run(['ip', 'route', 'add', `${ip(0)}/24`, 'via', ip(2)]);
  onRouter('address', 'add', `${ip(2)}/30`, 'dev', 'servers');
  onRouter('link', 'set', 'servers', 'up');
  run([...inside(router), 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  const hosts: Namespace[] = [];

  function linkFrom(host: string, target: string): Link {
    const url = new URL(target);
    const { port } = url;
    url.hostname = ip(1);
    // A forwarded packet that such a rule matches is dropped without an ICMP answer.
    const rules = [
      ['from', host, 'to', ip(1), 'ipproto', 'tcp', 'dport', port, 'blackhole'],
      ['from', ip(1), 'to', host, 'ipproto', 'tcp', 'sport', port, 'blackhole'],
    ];
    return {
      url: url.href,
      cut: () => rules.forEach((rule) => onRouter('rule', 'add', ...rule)),
      mend: () => rules.forEach((rule) => onRouter('rule', 'delete', ...rule)),
    };
  }

  async function addHost(name: string): Promise<HostNetwork> {
    const host = await openNamespace();
    const first = 4 * hosts.push(host);
    const [near, far] = [ip(first + 1), ip(first + 2)];
    onRouter('link', 'add', name, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', String(host.pid));
    onRouter('address', 'add', `${near}/30`, 'dev', name);
    onRouter('link', 'set', name, 'up');
    run([...inside(host), 'ip', 'address', 'add', `${far}/30`, 'dev', 'uplink']);
    run([...inside(host), 'ip', 'link', 'set', 'uplink', 'up']);
    run([...inside(host), 'ip', 'route', 'add', 'default', 'via', near]);
    return {
      command: [...inside(host), ...isolated, ...named, name],
      linkTo: (target) => Promise.resolve(linkFrom(far, target)),
    };
  }

  return {
    kind: 'namespaces',
    address: ip(1),
    addHost,
    close: async () => void (await Promise.all([...hosts, router].map(closeNamespace))),
  };
}
