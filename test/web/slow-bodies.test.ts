// A body that does not come holds a connection. It ends after 30 seconds, whatever the method; here after less.
import express from 'express';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { allowSlowBody, limitBodyTime } from '../../src/body-deadline.js';
import { shared } from '../support/fixture.js';

const server = shared(async () => {
  const app = express();
  app.use(limitBodyTime(300));
  app.get('/', (_req, res) => void res.send('at once'));
  app.post('/', express.raw({ type: () => true }), (_req, res) => void res.send('read'));
  app.post(
    '/import',
    (req, _res, next) => {
      allowSlowBody(req);
      next();
    },
    express.raw({ type: () => true }),
    (_req, res) => void res.send('read'),
  );
  const listening = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  return {
    port: (listening.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        listening.close(resolve);
        listening.closeAllConnections();
      }),
  };
});

/** Sends the start of a request, calls `meanwhile`, and returns everything that came until the connection ended. */
function converse(
  start: string,
  meanwhile: (write: (text: string) => void) => void = () => {},
): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(start);
      meanwhile((text) => socket.write(text));
    });
    socket.on('data', (data) => (heard += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(heard));
  });
}

const head = (line: string, ...headers: string[]) =>
  `${[`${line} HTTP/1.1`, 'Host: a.example', ...headers].join('\r\n')}\r\n\r\n`;

test('a POST whose body does not come ends with 408', async () => {
  expect(await converse(`${head('POST /', 'Content-Length: 100')}a`)).toMatch(/^HTTP\/1\.1 408 /);
});

test('a GET with a body that does not come has its answer, and the connection ends', async () => {
  expect(await converse(`${head('GET /', 'Content-Length: 100')}a`)).toMatch(/^HTTP\/1\.1 200 [^]*at once$/);
  expect(await converse(`${head('GET /', 'Transfer-Encoding: chunked')}1\r\na\r\n`)).toMatch(/at once$/);
});

test('a body in time is read, and the connection goes on', async () => {
  const heard = await converse(head('POST /', 'Content-Length: 2'), (write) => {
    setTimeout(() => write('a'), 50);
    setTimeout(() => write(`b${head('POST /', 'Content-Length: 1', 'Connection: close')}c`), 100);
  });
  expect(heard.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
});

test('a list of readers may take longer', async () => {
  const heard = await converse(head('POST /import', 'Content-Length: 2', 'Connection: close'), (write) => {
    setTimeout(() => write('a'), 50);
    setTimeout(() => write('b'), 900);
  });
  expect(heard).toMatch(/^HTTP\/1\.1 200 /);
});
