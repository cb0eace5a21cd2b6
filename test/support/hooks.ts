/** Runs before all tests: what this machine lacks is said once, and fails in CI instead of being skipped (see needs.ts). */
process.on('unhandledRejection', (reason) => {
  throw reason;
});
