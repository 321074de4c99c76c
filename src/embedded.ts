// What a machine without servers gets: PostgreSQL in DATA_DIR, a mail catcher, a key.
export { beatFile } from './embedded/beat-file.js';
export { EmbeddedError } from './embedded/failure.js';
export { holdDataDir } from './embedded/hold.js';
export { findMailCatcher, startMailCatcher } from './embedded/mail-catcher.js';
export { freePort, portProblem } from './embedded/ports.js';
export { destroyPostgres, startPostgres } from './embedded/postgres.js';
export { supply, type SuppliedConfig, type Supplies } from './embedded/supply.js';
