// Every action of the audit log, by kind. The console has a sentence for each (src/console/audit/sentences.ts). Pure.

export const auditActions = {
  signingIn: ['account.sign-in', 'account.sign-in-failed', 'account.sign-out'],
  accounts: [
    'account.create',
    'account.delete',
    'account.invite',
    'account.join',
    'account.link-identity',
    'account.send-link',
    'account.ask-reset',
    'account.reset-password',
    'account.change-role',
    'account.second-factor-on',
    'account.second-factor-off',
    'account.new-recovery-codes',
    'account.add-passkey',
    'account.remove-passkey',
    'account.refuse-passkey',
    'account.change-password',
    'account.choose-language',
    'account.end-sessions',
    'api-key.create',
    'api-key.revoke',
    'webhook.create',
    'webhook.change',
    'webhook.delete',
    'webhook.resend',
    'ghost-secret.make',
    'ghost-secret.remove',
  ],
  exports: ['subscribers.export', 'subscriber.export', 'import.export-errors', 'audit.export'],
  erasures: ['subscriber.erase'],
  readers: [
    'subscriber.add',
    'subscriber.change',
    'subscribers.import',
    'subscribers.undo-import',
    'suppression.add',
    'suppression.remove',
    'domain-rule.set',
    'domain-rule.remove',
  ],
  newsletters: [
    'newsletter.create',
    'newsletter.change',
    'newsletter.delete',
    'newsletter.draft',
    'newsletter.test',
    'template.add',
    'newsletter.upload-logo',
  ],
  posts: [
    'feed.add',
    'feed.change',
    'feed.remove',
    'feed.settle-held',
    'post.change',
    'posts.push',
    'posts.withdraw',
  ],
  issues: [
    'issue.assemble',
    'issue.change',
    'issue.test',
    'issue.check-links',
    'issue.approve',
    'issue.retract',
    'issue.pause',
    'issue.resume',
    'issue.cancel',
    'issue.resend',
    'issue.resend-refused',
    'issue.resend-uncertain',
    'sending.release',
    'sending.resume-provider',
  ],
} as const;

export type AuditKind = keyof typeof auditActions;
export type AuditAction = (typeof auditActions)[AuditKind][number];

/** What is done to an issue: 'approve'. */
export type IssueAct = Extract<AuditAction, `issue.${string}`> extends `issue.${infer Act}` ? Act : never;

export const auditKinds = Object.keys(auditActions) as AuditKind[];

export const isAuditAction = (action: string): action is AuditAction =>
  Object.values(auditActions).some((actions) => (actions as readonly string[]).includes(action));
