import { Inject } from '@nestjs/common';
import { getNotifierToken } from './notifier-token.js';

/**
 * Injects the notifier of the `NotificationsModule` with this name, or of the one without. Of that one the type alone is
 * enough: `constructor(private readonly notifier: Notifier)`.
 */
export function InjectNotifier(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getNotifierToken(name));
}
