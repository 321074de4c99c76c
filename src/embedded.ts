// What a machine without servers gets: PostgreSQL in DATA_DIR, and a mail catcher.
export { EmbeddedError } from './embedded/failure.js';
export { holdDataDir } from './embedded/hold.js';
export { freePort, isPortFree } from './embedded/ports.js';
export {
  destroyPostgres,
  startPostgres,
  type EmbeddedPostgres,
  type PostgresOptions,
} from './embedded/postgres.js';
export { findMailCatcher, startMailCatcher, type MailCatcher } from './embedded/mail-catcher.js';
