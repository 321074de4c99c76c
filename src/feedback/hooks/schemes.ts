// All schemes by their names in SMTP_URL.
import type { FeedbackScheme } from '../../config/feedback-hooks.js';
import { genericScheme } from './generic.js';
import type { HookScheme } from './scheme.js';

export const schemes: Partial<Record<FeedbackScheme, HookScheme>> = { generic: genericScheme };
