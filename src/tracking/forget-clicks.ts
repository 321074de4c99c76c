// Forgets old clicks. Their sums stay.
import { forgetLot, type ForgetDeps } from '../forget-lot.js';
import * as store from './store.js';

export const forgetClicks = (deps: ForgetDeps): Promise<number> =>
  forgetLot(deps, 'clicks', store.deleteOldClicks);
