// What an entry of the audit log is about: its kind, id and name. Pure.

export interface Named {
  name: string;
  /** The newsletter's, if the thing belongs to one. */
  slug: string | null;
  /** An issue's, once it has one; a template's version. */
  number: number | null;
  /** The reader whose address is suppressed. */
  subscriberId?: string;
}

/** 'subscriber:7' as ['subscriber', '7'] */
export function partsOf(subject: string): [kind: string, id: string] {
  const colon = subject.indexOf(':');
  return colon < 0 ? [subject, ''] : [subject.slice(0, colon), subject.slice(colon + 1)];
}
