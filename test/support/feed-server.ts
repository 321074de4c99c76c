// A local feed site for tests. A function of the request decides its answer.
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FeedServer {
  url: string;
  requests: IncomingMessage[];
  answer: RequestListener;
  close(): Promise<void>;
}

export async function startFeedServer(answer: RequestListener): Promise<FeedServer> {
  const server = createServer((request, response) => {
    site.requests.push(request);
    site.answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const site: FeedServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return site;
}
