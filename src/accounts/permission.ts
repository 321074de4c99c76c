// Roles, the permissions that they grant, and actors. Pure.

export const roles = ['owner', 'editor', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** The actor: an API key, an account in the console, or the operator at the command line. */
export type Actor = { kind: 'key' | 'account'; id: string; role: Role } | { kind: 'cli'; role: 'owner' };

/** Named in the audit log, without a role: a reader at their own link, or a caller that has not signed in. */
export interface Outsider {
  kind: 'reader' | 'anonymous';
}

/** 'own' covers accounts, API keys and the audit log. */
export type Permission = 'read' | 'write' | 'own';

const granted: Record<Role, readonly Permission[]> = {
  owner: ['read', 'write', 'own'],
  editor: ['read', 'write'],
  viewer: ['read'],
};

export function may(role: Role, permission: Permission): boolean {
  return granted[role].includes(permission);
}

/** The newsletters for which an account has its role. null: all, also those to come. */
export type NewsletterIds = readonly string[] | null;

export const covers = (ids: NewsletterIds, newsletterId: string): boolean =>
  ids === null || ids.includes(newsletterId);

/** The actor's name in the audit log: 'account:1', 'key:2', 'cli', 'reader'. */
export function actorName(actor: Actor | Outsider): string {
  return 'id' in actor ? `${actor.kind}:${actor.id}` : actor.kind;
}
