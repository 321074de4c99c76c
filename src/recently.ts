// Caches what is expensive to make.
import { LRUCache } from 'lru-cache';

/** Caches the results for the `most` keys that were used last. A failure is not cached. */
export function recently<Value>(
  make: (key: string) => Promise<Value>,
  most: number,
): (key: string) => Promise<Value> {
  const made = new LRUCache<string, Promise<Value>>({ max: most });
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    value.catch(() => made.delete(key));
    return value;
  };
}
