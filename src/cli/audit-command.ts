// audit verify: checks that nobody changed the audit log.
import { verifyAudit, type AuditCheck } from '../accounts/verify-audit.js';
import { text, UsageError, type Command } from './command.js';
import { withContext } from './context.js';

const problems: Record<Extract<AuditCheck, { ok: false }>['problem'], string> = {
  changed: 'was changed',
  missing: 'is missing, or the entry before it is not the one that was written',
  'other-hash': 'has another hash than you noted',
};

function notedOf(given: string | undefined) {
  if (given === undefined) return undefined;
  const [, id, hash] = /^(\d{1,18}):([0-9a-f]{64})$/.exec(given) ?? [];
  if (id === undefined || hash === undefined)
    throw new UsageError('--noted needs an id and a hash, as an earlier "audit verify" printed them: 12:ab…');
  return { id, hash };
}

export const auditCommand: Command = {
  name: 'audit verify',
  summary: 'Check that no entry of the audit log was changed or removed',
  options: {
    noted: { value: 'ID:HASH', help: 'what an earlier check printed: that entry must be the same' },
  },
  async run(call) {
    const noted = notedOf(text(call, 'noted'));
    const check = await withContext(({ db }) => verifyAudit(db, noted));
    call.out.result(
      check,
      check.ok && check.last.id === '0'
        ? 'The audit log is empty.'
        : check.ok
          ? `The audit log is whole: ${check.entries} entries. To check it again later, note ${check.last.id}:${check.last.hash}`
          : `✗ The audit log is broken: entry ${check.id} ${problems[check.problem]}.`,
    );
    return check.ok ? 0 : 1;
  },
};
