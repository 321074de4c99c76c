// The manifests in docs/deploying/kubernetes: valid for the Kubernetes API, and true to the program and to the compose
// file.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig, packageRoot } from '../../src/config/environment.js';
import { useApp, useDatabase } from '../support/fixture.js';
import { pythonProgram } from '../support/generators.js';

interface Probe {
  httpGet?: { path: string; port: string };
  exec?: { command: string[] };
}
interface Container {
  image: string;
  args: string[];
  envFrom: object[];
  ports?: { name: string; containerPort: number }[];
  securityContext: object;
  volumeMounts: { name: string; mountPath: string }[];
  resources: { requests: object; limits: { memory: string } };
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
}
interface Pod {
  metadata: { labels: Record<string, string> };
  spec: {
    automountServiceAccountToken: boolean;
    securityContext: object;
    terminationGracePeriodSeconds?: number;
    volumes: { name: string }[];
    containers: Container[];
  };
}
interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec?: {
    template?: Pod;
    selector?: Record<string, unknown>;
    ports?: { name: string; port: number; targetPort: string }[];
    rules?: {
      host: string;
      http: { paths: { backend: { service: { name: string; port: object } } }[] };
    }[];
  };
}

const read = (file: string): string => readFileSync(new URL(file, packageRoot), 'utf8');
const folder = 'docs/deploying/kubernetes';
const files = readdirSync(new URL(folder, packageRoot)).map((name) => `${folder}/${name}`);
const manifests = files.flatMap((file) =>
  parseAllDocuments(read(file)).map((document) => document.toJS() as Manifest),
);
const named = (kind: string, name: string): Manifest => {
  const found = manifests.find((each) => each.kind === kind && each.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
};
const pods = manifests.flatMap(({ metadata: { name }, spec }) =>
  spec?.template ? [[name, spec.template] as const] : [],
);
const containerOf = ({ spec: { containers } }: Pod): Container => {
  expect(containers).toHaveLength(1);
  return containers[0] as Container;
};
const podOf = (kind: string, name: string): Pod => named(kind, name).spec?.template as Pod;
const web = () => containerOf(podOf('Deployment', 'daily-digest-web'));
const settings = named('ConfigMap', 'daily-digest').data ?? {};
const guide = read('docs/deploying/README.md');
/** The variables of the secret that the guide makes, each with its example. */
const secret = Object.fromEntries(
  [...guide.matchAll(/--from-literal=([A-Z_]+)="?([^"\s]+)/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]),
);

const validator = pythonProgram('kubernetes-validate');
const unless = validator ? '' : ' (skipped: npm run generators has not installed kubernetes-validate)';
// The oldest version that the guide promises, and a recent one.
(validator ? describe : describe.skip)(`the API of Kubernetes${unless}`, () => {
  test.each(['1.29.0', '1.37.0'])('of version %s knows every field', (version) => {
    const paths = files.map((file) => fileURLToPath(new URL(file, packageRoot)));
    const found = spawnSync(validator ?? '', ['--strict', '--no-warn', '-k', version, ...paths], {
      encoding: 'utf8',
    });
    expect(found.status).toBe(0);
    expect(`${found.stdout}${found.stderr}`.match(/ passed for resource /g)).toHaveLength(manifests.length);
    expect(guide).toContain('Kubernetes 1.29');
  });
});

describe('the variables', () => {
  test('each has a row in docs/configuration.md, and the secret has what must not stand in a file', () => {
    const rows = [...read('docs/configuration.md').matchAll(/^\| `([^`]+)`/gm)].map(([, row]) => row);
    const names = [...Object.keys(settings), ...Object.keys(secret)];
    expect(names.filter((name) => !rows.includes(name))).toEqual([]);
    expect(Object.keys(secret)).toEqual(
      expect.arrayContaining(['DATABASE_URL', 'QUEUE_URL', 'SMTP_URL', 'SECRET_KEY']),
    );
    expect(Object.keys(settings).filter((name) => /PASSWORD|SECRET|_URL$/.test(name))).toEqual(['BASE_URL']);
  });

  test('the configuration accepts them, and web then listens where the manifests say', () => {
    // What the shell makes of $(openssl rand -hex N).
    const made = Object.fromEntries(
      Object.entries(secret).map(([name, value]) => [name, value === '$(openssl' ? 'a1'.repeat(16) : value]),
    );
    const config = readConfig({ ...settings, ...made });
    expect(web().ports).toEqual([{ name: 'http', containerPort: config.port }]);
    expect(config.host).toBe('0.0.0.0');
    expect(config.dataDir).toBe('/data');
    const [rule] = named('Ingress', 'daily-digest').spec?.rules ?? [];
    expect(config.baseUrl).toBe(`https://${rule?.host}`);
  });
});

test('a request finds its way: ingress, service, pods, port', () => {
  const [rule] = named('Ingress', 'daily-digest').spec?.rules ?? [];
  const service = named('Service', 'daily-digest');
  const [port] = service.spec?.ports ?? [];
  expect(rule?.http.paths.map(({ backend }) => backend)).toEqual([
    { service: { name: service.metadata.name, port: { name: port?.name } } },
  ]);
  expect(port?.targetPort).toBe(web().ports?.[0]?.name);
  const selected = pods.filter(([, { metadata }]) =>
    Object.entries(service.spec?.selector ?? {}).every(([name, value]) => metadata.labels[name] === value),
  );
  expect(selected.map(([name]) => name)).toEqual(['daily-digest-web']);
});

test('each pod runs one of the commands, and each deployment selects its own pods', () => {
  expect(pods.map(([name, pod]) => [name, containerOf(pod).args])).toEqual([
    ['daily-digest-migrate', ['migrate']],
    ['daily-digest-web', ['start', '--web']],
    ['daily-digest-workers', ['start', '--workers']],
  ]);
  for (const name of ['daily-digest-web', 'daily-digest-workers'])
    expect(named('Deployment', name).spec?.selector).toEqual({
      matchLabels: podOf('Deployment', name).metadata.labels,
    });
});

const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<
    string,
    { stop_grace_period: string; mem_limit: string; healthcheck?: { test: [string, string] } }
  >;
};

describe.each(pods)('%s', (_name, { spec }) => {
  const [container] = spec.containers as [Container];

  test('has no rights of root, and writes only to its volumes', () => {
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual([settings['DATA_DIR'], '/tmp']);
    expect(container.volumeMounts.map((mount) => mount.name)).toEqual(
      spec.volumes.map((volume) => volume.name),
    );
  });

  test('has the settings, the secret, the image of this version and the limits of the compose file', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(container.image).toBe(`daily-digest:${version}`);
    expect(container.envFrom).toEqual([
      { configMapRef: { name: 'daily-digest' } },
      { secretRef: { name: 'daily-digest' } },
    ]);
    expect(container.resources.requests).toMatchObject({ cpu: expect.any(String) as string });
    expect(`\${MEMORY_LIMIT:-${container.resources.limits.memory.toLowerCase().replace('i', '')}}`).toBe(
      services['web']?.mem_limit,
    );
  });
});

test('web and workers have as much time to stop as in the compose file', () => {
  for (const name of ['daily-digest-web', 'daily-digest-workers'])
    expect(`${podOf('Deployment', name).spec.terminationGracePeriodSeconds}s`).toBe(
      services['web']?.stop_grace_period,
    );
});

test('the workers’ probes are that of the compose file', () => {
  const { startupProbe, livenessProbe } = containerOf(podOf('Deployment', 'daily-digest-workers'));
  const command = ['sh', '-c', services['worker']?.healthcheck?.test[1]];
  expect([startupProbe?.exec?.command, livenessProbe?.exec?.command]).toEqual([command, command]);
});

const app = useApp(useDatabase());

test('web answers each probe with 200, and its life does not depend on the database', async () => {
  const { startupProbe, livenessProbe, readinessProbe } = web();
  const paths = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet?.path);
  expect(paths).toEqual(['/livez', '/livez', '/readyz']);
  for (const path of paths) expect([path, (await fetch(`${app.url}${path}`)).status]).toEqual([path, 200]);
});
