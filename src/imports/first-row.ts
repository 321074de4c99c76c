// Judges whether the first row of a CSV file is a reader or the names of columns. Pure.
import { parseAddress } from '../subscribers/address.js';
import { readMailbox } from './mailbox.js';
import { columnKey, genericColumns, genericStatuses, own, type Target } from './sources.js';

export const holdsAddress = (field: string): boolean => parseAddress(readMailbox(field).address).ok;

/**
 * Whether a field of the first row belongs to a reader: it is an address, or looks like a damaged one. The
 * damaged one must become an error of its row. "E-M@il" is a name of a column.
 */
export function isOfReader(field: string, map: Readonly<Record<string, Target>>): boolean {
  if (holdsAddress(field)) return true;
  const isName =
    own(map, columnKey(field)) !== undefined || genericColumns.has(columnKey(field.replaceAll('@', 'a')));
  return !isName && /\S *@ *\S/.test(field);
}

/** A mapping by numbers for a row without column names, as advice. Unclear columns are `ignore`. */
export function numberedMap(fields: readonly string[]): string {
  const addressAt = Math.max(0, fields.findIndex(holdsAddress));
  const isStatus = (field: string): boolean => own(genericStatuses, field.trim().toLowerCase()) !== undefined;
  const statusAt = fields.findIndex(isStatus);
  const nameAt = fields.findIndex(
    (field, at) => at !== addressAt && at !== statusAt && !field.includes('@') && /\p{L}/u.test(field),
  );
  const targetAt = (at: number): Target => {
    if (at === addressAt) return 'email';
    if (at === statusAt) return 'status';
    return at === nameAt ? 'name' : 'ignore';
  };
  return fields.map((_, at) => `${at + 1}:${targetAt(at)}`).join(',');
}
