// Tests run as compiled by tsc: what is tested is what ships, and tests may fork the real entrypoints.
export default {
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testTimeout: 60_000,
  maxWorkers: 2,
};
