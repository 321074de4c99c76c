// The application with every route that it declares.
import express from 'express';
import type { Database } from '../../src/db.js';
import { startApp, type TestApp } from './app.js';

interface Declared {
  path: string;
  methods: Record<string, boolean | undefined>;
}
type Mount = { at: string; router: object };

const routes = new Map<object, Declared[]>();
const mounts = new Map<object, Mount[]>();
const remember = <V>(into: Map<object, V[]>, router: object, value: V) =>
  into.set(router, [...(into.get(router) ?? []), value]);

const prototype = express.Router.prototype as {
  route(path: string): Declared;
  use(...handlers: unknown[]): unknown;
};
const { route, use } = prototype;

/** Records where express declares each route from now on. */
function listen(): void {
  prototype.route = function (this: object, path) {
    const declared = route.call(this, path);
    remember(routes, this, declared);
    return declared;
  };
  prototype.use = function (this: object, ...handlers) {
    const [first] = handlers;
    const paths: unknown[] = typeof first === 'function' ? ['/'] : [first].flat();
    for (const at of paths)
      for (const router of handlers.flat())
        if (typeof router === 'function') remember(mounts, this, { at: String(at), router });
    return use.apply(this, handlers);
  };
}

/** The paths below `router` that answer to the method. */
function pathsOf(router: object, method: 'get' | 'post', base = ''): string[] {
  const own = (routes.get(router) ?? [])
    .filter(({ methods }) => methods[method])
    .map(({ path }) => (base + path).replace(/(?<=.)\/$/, ''));
  const below = (mounts.get(router) ?? []).flatMap(({ at, router: mounted }) =>
    pathsOf(mounted, method, base + (at === '/' ? '' : at)),
  );
  return [...own, ...below];
}

interface Served {
  db: Database;
  url: string;
}

export interface Listed {
  app: TestApp;
  /** The paths that answer to GET, with their parameters. */
  declared: string[];
  /** The paths that answer to POST. */
  posts: string[];
}

/** The application, and the paths that answer to each method. */
export async function startListed(database: Served): Promise<Listed> {
  listen();
  const app = await startApp(database);
  prototype.route = route;
  prototype.use = use;
  const children = new Set([...mounts.values()].flat().map(({ router }) => router));
  // The application's router is mounted nowhere.
  const roots = [...new Set([...routes.keys(), ...mounts.keys()])].filter((router) => !children.has(router));
  return {
    app,
    declared: [...new Set(roots.flatMap((root) => pathsOf(root, 'get')))],
    posts: [...new Set(roots.flatMap((root) => pathsOf(root, 'post')))],
  };
}

/** The paths that answer to GET, with their parameters. */
export async function listRoutes(database: Served): Promise<string[]> {
  const { app, declared } = await startListed(database);
  await app.close();
  return declared;
}
