// Where a pid is valid. Containers may share a host name, but each numbers its processes from 1.
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The boot of the machine and the pid namespace. Other systems have no namespaces: their host name. */
export const pidSpace = ((): string => {
  if (process.platform !== 'linux') return hostname();
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    // Unknown, so equal to no other: this process then takes no worker for dead by its pid.
    return randomUUID();
  }
})();
