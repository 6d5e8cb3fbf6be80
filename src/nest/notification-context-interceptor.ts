import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { Observable, tap } from 'rxjs';
import { withNotificationContext } from '../notification/context-store.js';
import { ModuleNotifier } from './module-notifier.js';

/** Where it is applied twice, one message is still one request. */
const ENTERED = new WeakSet<object>();

/**
 * Runs handlers in the context of their request. `NotificationsModule` applies it to everything that Nest's global
 * interceptors reach; on a gateway of Nest 11, and in a hybrid application without `inheritAppConfig`, they do not, so
 * there it stands on the class: `@UseInterceptors(NotificationContextInterceptor)`.
 */
@Injectable()
export class NotificationContextInterceptor implements NestInterceptor {
  readonly #module: ModuleNotifier;

  constructor(@Inject(ModuleNotifier) module: ModuleNotifier) {
    this.#module = module;
  }

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (ENTERED.has(execution)) return next.handle();
    ENTERED.add(execution);
    const { follower } = this.#module;
    const handle = () => next.handle().pipe(tap({ error: (error) => follower.thrown(execution, error) }));
    const context = follower.contextOf(execution);
    if (context === undefined) return handle();
    return new Observable((subscriber) => withNotificationContext(context, () => handle().subscribe(subscriber)));
  }
}
