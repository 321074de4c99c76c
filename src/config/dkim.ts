// The DKIM keys: DKIM_DOMAIN, DKIM_SELECTOR, DKIM_PRIVATE_KEY and DKIM_ED25519_PRIVATE_KEY.
//
// Each variable is a list, separated by commas. Entries of one position belong together. A list of one entry
// serves all positions:
//
//   DKIM_DOMAIN=example.org,example.net          two domains that share a selector and a key
//   DKIM_SELECTOR=2026a,2026b                    two keys of one domain, while one replaces the other
//   DKIM_PRIVATE_KEY=/etc/digest/a.pem,/etc/digest/b.pem
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readDomainName, wrong } from './values.js';

export interface DkimKey {
  /** d=, the signing domain, as A-labels. */
  domain: string;
  /** s=. DNS has the RSA key at <selector>._domainkey.<domain>. */
  selector: string;
  privateKey: KeyObject;
  /**
   * DNS has it at <selector>-ed25519._domainkey.<domain>: one name holds one key (RFC 6376 section 3.6.2.2).
   */
  ed25519PrivateKey?: KeyObject;
}

type Environment = Readonly<Record<string, string | undefined>>;

const wanted = {
  DKIM_DOMAIN: 'the signing domain, because another DKIM_… variable is set',
  DKIM_SELECTOR: 'the name of the key in DNS, because DKIM_DOMAIN is set',
  DKIM_PRIVATE_KEY: 'a PEM private key or the path of one, because DKIM_DOMAIN is set',
};

/** Throws ConfigError for the first wrong value. */
export function readDkim(env: Environment): DkimKey[] {
  const names = Object.keys(wanted) as (keyof typeof wanted)[];
  if ([...names, 'DKIM_ED25519_PRIVATE_KEY'].every((name) => !env[name])) return [];
  for (const name of names) if (!env[name]) wrong(name, '', wanted[name]);
  const lists = [...names, 'DKIM_ED25519_PRIVATE_KEY'].map((name) => entries(env[name] ?? ''));
  const count = Math.max(...lists.map(({ length }) => length));
  for (const [index, list] of lists.entries())
    if (list.length > 1 && list.length !== count) {
      const name = [...names, 'DKIM_ED25519_PRIVATE_KEY'][index] ?? '';
      wrong(
        name,
        `a list of ${list.length}`,
        `one entry, or ${count} as in the longest list of the DKIM keys`,
      );
    }
  const [domains = [], selectors = [], rsa = [], ed25519 = []] = lists;
  const at = (list: string[], index: number): string => list[list.length === 1 ? 0 : index] ?? '';
  const keys = Array.from({ length: count }, (_, index) =>
    readEntry(at(domains, index), at(selectors, index), at(rsa, index), at(ed25519, index)),
  );
  for (const [index, { domain, selector }] of keys.entries())
    if (keys.findIndex((key) => key.domain === domain && key.selector === selector) !== index)
      wrong('DKIM_SELECTOR', selector, `another name for each key of ${domain}`);
  return keys;
}

const entries = (text: string): string[] => text.split(',').map((entry) => entry.trim());

function readEntry(domain: string, selector: string, rsa: string, ed25519: string): DkimKey {
  return {
    domain: readDomainName('DKIM_DOMAIN', domain, 'a domain such as example.org, in A-labels (xn--…)'),
    selector: readDomainName('DKIM_SELECTOR', selector, 'the name of the key in DNS, such as digest'),
    privateKey: readRsaKey('DKIM_PRIVATE_KEY', rsa),
    ...(ed25519 ? { ed25519PrivateKey: readEd25519Key('DKIM_ED25519_PRIVATE_KEY', ed25519) } : {}),
  };
}

function readKey(variable: string, text: string): KeyObject {
  try {
    return createPrivateKey(
      text.includes('-----BEGIN') ? text.replaceAll('\\n', '\n') : readFileSync(text, 'utf8'),
    );
  } catch {
    return wrong(
      variable,
      '***',
      'a PEM private key without a passphrase, or the path of a file that contains one',
    );
  }
}

/** RFC 8301 section 3.2: signers should use 2048 bits or more; verifiers need not support more than 4096. */
function readRsaKey(variable: string, text: string): KeyObject {
  const key = readKey(variable, text);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < 2048 || bits > 4096)
    wrong(
      variable,
      key.asymmetricKeyType === 'rsa'
        ? `an RSA key of ${bits} bits`
        : `a key of type ${key.asymmetricKeyType}`,
      'an RSA key of 2048 to 4096 bits',
    );
  return key;
}

function readEd25519Key(variable: string, text: string): KeyObject {
  const key = readKey(variable, text);
  if (key.asymmetricKeyType !== 'ed25519')
    wrong(variable, `a key of type ${key.asymmetricKeyType}`, 'an Ed25519 key');
  return key;
}
