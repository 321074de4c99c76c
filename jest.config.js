// Tests run the code that tsc compiles, so that they test what ships and can fork the real entrypoints.
export default {
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  globalSetup: '<rootDir>/dist/test/support/global-setup.js',
  globalTeardown: '<rootDir>/dist/test/support/global-teardown.js',
  // A test that takes longer on a slow and busy machine says so: test/support/time-limit.ts.
  testTimeout: 90_000,
  maxWorkers: 2,
  // The modules of each test file stay in the memory of its process. After 340 files it reached the 4 GB of Node's heap.
  workerIdleMemoryLimit: '1GB',
};
