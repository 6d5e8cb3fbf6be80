import type { Delivery } from '../delivery/delivery.js';
import type { Oversized } from '../notification/oversized.js';
import type { Redaction } from '../notification/redaction.js';
import type { ThrottledReporter } from '../notification/reporter.js';
import type { CaptureLimits } from './capture.js';
import type { ContextPicker } from './context-picker.js';
import type { NotifierMode } from './counters.js';
import type { EventSwitch } from './event-switch.js';
import type { Router } from './router.js';
import type { Validation } from './validation.js';

/** What a notifier is made of; put together by the set-up. */
export interface NotifierParts {
  readonly delivery: Delivery;
  readonly mode: NotifierMode;
  readonly events: EventSwitch;
  /** Undefined: every driver takes everything. */
  readonly router: Router | undefined;
  readonly redaction: Redaction;
  readonly contextPicker: ContextPicker;
  readonly validation: Validation;
  readonly limits: CaptureLimits;
  readonly oversized: Oversized;
  readonly publisherId: string;
  readonly topics: readonly string[];
  readonly reporter: ThrottledReporter;
}
