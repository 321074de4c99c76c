// The time that a test may take, where the default of jest.config.js is too short.

/**
 * For files whose tests start processes or browsers, or write very many rows: each test may take six minutes. Such a
 * test takes 5 to 60 seconds on a quiet machine, and ten times longer on a slow and busy one. Call it once, before
 * the tests. The scripts of bench start browsers too, where there is no jest.
 */
export function allowSlowTests(): void {
  (import.meta as Partial<ImportMeta>).jest?.setTimeout(360_000);
}
