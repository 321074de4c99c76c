// A site that serves images and records the requests.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ImageSite {
  url: string;
  /** The requested paths, in order. */
  asked: string[];
  close(): Promise<void>;
}

export type Served = Buffer | { status: number } | { redirect: string } | 'silence';

export async function startImageSite(files: Readonly<Record<string, Served>>): Promise<ImageSite> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '/').slice(1).split('?');
    asked.push(path);
    const file = files[path] ?? { status: 404 };
    if (file === 'silence') return;
    if (Buffer.isBuffer(file)) response.setHeader('content-type', 'text/plain').end(file);
    else if ('redirect' in file) response.writeHead(302, { location: file.redirect }).end();
    else response.writeHead(file.status).end('no');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}
