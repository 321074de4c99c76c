// An HTTP client that reaches no private address. It checks every address that DNS answers, and the address
// to which the socket is connected in the end. Webhooks use it too.
import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { Message } from '../languages/messages.js';
import { inEnglish } from '../languages/translate.js';
import { mayConnect, type PrivateAllowance, privateAddress } from './allowed-addresses.js';

/** The address is not allowed. */
export class PrivateAddressError extends Error {
  override name = 'PrivateAddressError';
  /** For the publisher. */
  readonly reason: Message;

  constructor(reason: Message) {
    super(inEnglish(reason));
    this.reason = reason;
  }
}

function guardedLookup(allowance: PrivateAllowance): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, '', 0);
        return;
      }
      // All answers must be public. DNS rebinding hides one private answer among public ones.
      const isPrivate = addresses.some(({ address }) => !mayConnect(hostname, address, allowance));
      const [first] = addresses;
      if (isPrivate || first === undefined)
        callback(new PrivateAddressError(privateAddress(hostname)), '', 0);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** The caller must close it. It follows no redirects: the caller must check each new address. */
export function createGuardedAgent(allowance: PrivateAllowance, connectTimeoutMs: number): Agent {
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup: guardedLookup(allowance) });
  return new Agent({
    connections: 4,
    maxHeaderSize: 32 * 1024,
    connect(options, callback) {
      // A literal address is connected without a lookup, so check the address of the socket too.
      connect(options, (error, socket) => {
        if (error) {
          callback(error, null);
          return;
        }
        const remote = socket.remoteAddress ?? '';
        if (mayConnect(options.hostname, remote, allowance)) {
          callback(null, socket);
          return;
        }
        socket.destroy();
        callback(new PrivateAddressError(privateAddress(options.hostname)), null);
      });
    },
  });
}
