// Tests run as compiled by tsc: what is tested is what ships, and tests may fork the real entrypoints.
export default {
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  globalSetup: '<rootDir>/dist/test/support/global-setup.js',
  globalTeardown: '<rootDir>/dist/test/support/global-teardown.js',
  testTimeout: 360_000,
  maxWorkers: 2,
};
