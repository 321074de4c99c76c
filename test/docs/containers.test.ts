// Dockerfile and docker-compose.yml, read as files: what an operator relies on stands in every service.
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { packageRoot } from '../../src/config/environment.js';

interface Service {
  image?: string;
  build?: string;
  user?: string;
  profiles?: string[];
  read_only?: boolean;
  privileged?: boolean;
  network_mode?: string;
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  mem_limit?: string;
  pids_limit?: number;
  restart?: string;
  logging?: { options?: Record<string, string> };
  environment?: Record<string, string>;
  volumes?: string[];
  tmpfs?: string[];
  ports?: (string | number)[];
  depends_on?: Record<string, { condition: string; required?: boolean }>;
}

const read = (file: string): string => readFileSync(new URL(file, packageRoot), 'utf8');
const compose = read('docker-compose.yml');
const { services, volumes: declared } = parse(compose, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, null>;
};
const dockerfile = read('Dockerfile').replaceAll('\\\n', ' ');
/** Each instruction of this name, in order, without the name. */
const instructions = (name: string): string[] =>
  [...dockerfile.matchAll(new RegExp(`^${name} (.+)$`, 'gm'))].map(([, rest = '']) => rest);

/** The accounts of the images. Ours is named in the Dockerfile; Caddy's volume belongs to root. */
const users = {
  web: undefined,
  worker: undefined,
  caddy: undefined,
  database: 'postgres',
  queue: 'redis',
  mail: 'node',
};

const pinned = /^[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?@sha256:[0-9a-f]{64}$/;

describe.each(Object.entries(services))('the service %s', (name, service) => {
  test('writes only to its volumes and to memory, without rights of root', () => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect([service.privileged, service.network_mode]).toEqual([undefined, undefined]);
    // Caddy's file of this capability is checked when it starts; as root it has no other.
    expect(service.cap_add).toEqual(name === 'caddy' ? ['NET_BIND_SERVICE'] : undefined);
    expect(users).toHaveProperty(name, service.user);
    expect(service.tmpfs).toContain('/tmp');
  });

  test('has limits of memory, processes and log', () => {
    expect(service.mem_limit).toMatch(/^(\$\{[A-Z_]+:-)?\d+[mg]\}?$/);
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.logging?.options).toEqual({ 'max-size': '20m', 'max-file': '5' });
    expect(service.restart).toBe('unless-stopped');
  });

  test('is our image or one of an exact version, by its digest', () => {
    const ours = service.build === undefined ? undefined : /^daily-digest$/;
    // It is for trying out only, and its digest is not known.
    const catcher = name === 'mail' ? /:\d+\.\d+\.\d+$/ : undefined;
    expect(service.image).toMatch(ours ?? catcher ?? pinned);
  });

  test('mounts volumes that are declared and files that exist', () => {
    const others = (service.volumes ?? []).filter((mount) => !((mount.split(':')[0] ?? '') in declared));
    for (const mount of others) {
      const [from = '', , mode] = mount.split(':');
      expect([mount, mode, existsSync(new URL(from, packageRoot))]).toEqual([mount, 'ro', true]);
    }
  });

  test('is reachable from outside only through Caddy', () => {
    for (const port of name === 'caddy' ? [] : (service.ports ?? []))
      expect(port).toMatch(/^(127\.0\.0\.1|\$\{PUBLISHED_ADDRESS:-127\.0\.0\.1\}):/);
  });
});

test('each set-up has what its services wait for', () => {
  const of = (profile?: string): string[] =>
    Object.keys(services).filter((name) => {
      const { profiles } = services[name] ?? {};
      return profiles === undefined || (profile !== undefined && profiles.includes(profile));
    });
  expect([of(), of('apart'), of('tls')]).toEqual([
    ['web', 'database', 'mail'],
    ['web', 'worker', 'database', 'queue', 'mail'],
    ['web', 'worker', 'caddy', 'database', 'queue', 'mail'],
  ]);
  for (const profile of [undefined, 'apart', 'tls']) {
    const waited = of(profile).flatMap((name) => Object.entries(services[name]?.depends_on ?? {}));
    const needed = waited.filter(([, { required = true }]) => required).map(([name]) => name);
    expect(of(profile)).toEqual(expect.arrayContaining(needed));
  }
  // Without a profile nothing else works on what web takes in.
  expect(compose).toMatch(/^ {4}command: start \$\{COMPOSE_PROFILES:\+--web\}$/m);
  const guide = read('docs/deploying/README.md');
  for (const profile of ['apart', 'tls']) expect(guide).toContain(`COMPOSE_PROFILES=${profile}`);
});

describe('the variables', () => {
  const used = [...compose.matchAll(/\$\{([A-Z_]+)([^}]*)/g)].map(([, name = '', rest = '']) => ({
    name,
    rest,
  }));
  const isSecret = ({ name }: { name: string }): boolean => /PASSWORD|SECRET|KEY|TOKEN|PASSPHRASE/.test(name);

  test('each has a row in docs/configuration.md', () => {
    const rows = [...read('docs/configuration.md').matchAll(/^\| `([^`]+)`/gm)].map(([, row]) => row);
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter(({ name }) => !rows.includes(name))).toEqual([]);
  });

  test('no secret has a default, here or in the image', () => {
    const secrets = used.filter(isSecret);
    expect(secrets.length).toBeGreaterThan(1);
    for (const { rest } of secrets) expect(rest).toMatch(/^:\?set POSTGRES_PASSWORD in \.env/);
    const set = Object.values(services).flatMap(({ environment = {} }) => Object.entries(environment));
    for (const [, value] of set.filter(([name]) => isSecret({ name })))
      expect(value).toMatch(/^\$\{POSTGRES_PASSWORD:\?[^}]+\}$/);
    for (const [, password] of compose.matchAll(/\w+:\/\/\w+:([^@\s]+)@/g)) expect(password).toBeUndefined();
    expect([...instructions('ENV'), ...instructions('ARG')].filter((name) => isSecret({ name }))).toEqual([]);
  });
});

describe('the image', () => {
  const copied = instructions('COPY')
    .filter((rest) => !rest.startsWith('--from='))
    .flatMap((rest) => rest.split(' ').slice(0, -1));

  test('copies only files that exist and that .dockerignore lets through', () => {
    const passes = [...read('.dockerignore').matchAll(/^!(\S+)$/gm)].map(([, name = '']) => name);
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'src', 'templates']));
    for (const file of copied) {
      expect([file, existsSync(new URL(file.replace(/\.\*$/, '.txt'), packageRoot))]).toEqual([file, true]);
      expect(passes).toContain(file.split('/')[0]);
    }
  });

  test('both stages stand on one base, by digest, on the platform of the image', () => {
    const [build = '', runs = '', ...more] = instructions('FROM').map((rest) => rest.replace(/ AS \w+$/, ''));
    expect([build, more]).toEqual([runs, []]);
    expect(runs).toMatch(pinned);
  });

  test('runs as an ordinary user, and its health is that of the process', () => {
    expect(instructions('USER')).toEqual(['node']);
    expect(dockerfile.indexOf('\nUSER node')).toBeGreaterThan(dockerfile.lastIndexOf('\nRUN '));
    const [check = ''] = instructions('HEALTHCHECK');
    expect(check).toContain("'/livez'");
  });
});
