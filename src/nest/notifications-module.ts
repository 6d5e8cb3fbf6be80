import { type DynamicModule, Inject, Module, type NestModule } from '@nestjs/common';
import { APP_INTERCEPTOR, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import {
  type ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  LISTENER_SETTINGS,
  MODULE_NAME,
  type NotificationsModuleExtras,
  type OPTIONS_TYPE,
} from './module-definition.js';
import { ModuleNotifier } from './module-notifier.js';
import { NotificationContextInterceptor } from './notification-context-interceptor.js';
import { NotificationListenerModule } from './notification-listener-module.js';
import { NotificationsHealthIndicator } from './notifications-health-indicator.js';
import { getNotifierToken } from './notifier-token.js';

/**
 * Gives the application its notifier: injectable, and the one that decorators and `notifyAbout` use while it runs. It is
 * closed when the application has shut down, after the last word of every other provider.
 */
@Module({})
export class NotificationsModule extends ConfigurableModuleClass implements NestModule {
  readonly #server: HttpAdapterHost;
  readonly #module: ModuleNotifier;
  readonly #name: string | undefined;

  constructor(
    @Inject(HttpAdapterHost) server: HttpAdapterHost,
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(ModuleNotifier) module: ModuleNotifier,
    @Inject(MODULE_NAME) { name }: { readonly name: string | undefined },
  ) {
    super();
    this.#server = server;
    this.#module = module;
    this.#name = name;
    // Nest shuts modules down by their distance from the root, the farthest last; global ones are at the greatest number.
    for (const each of modules.values()) {
      if (each.metatype === NotificationsModule) each.distance = Number.POSITIVE_INFINITY;
    }
  }

  /** Options as for `configureNotifications()`; what is left out is read from the environment. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    // biome-ignore lint/complexity/noThisInStatic: the module is that of the class it is called on.
    return complete(super.forRoot(options), options);
  }

  /** The same from `useFactory`, from a class with `create()` by `useClass`, or from a provider by `useExisting`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    // biome-ignore lint/complexity/noThisInStatic: as above.
    return complete(super.forRootAsync(options), options);
  }

  /** Called by Nest, before any route is made. */
  configure(): void {
    const { httpAdapter } = this.#server;
    if (this.#name === undefined && httpAdapter) this.#module.follower.attach(httpAdapter);
  }
}

function complete(definition: DynamicModule, { isGlobal = true, name }: NotificationsModuleExtras): DynamicModule {
  const token = getNotifierToken(name);
  const providers = [
    ...(definition.providers ?? []),
    { provide: MODULE_NAME, useValue: { name } },
    ModuleNotifier,
    { provide: token, useFactory: ({ notifier }: ModuleNotifier) => notifier, inject: [ModuleNotifier] },
  ];
  if (name !== undefined) return { ...definition, global: isGlobal, providers, exports: [token] };
  return {
    ...definition,
    global: isGlobal,
    imports: [...(definition.imports ?? []), NotificationListenerModule],
    providers: [
      ...providers,
      { provide: LISTENER_SETTINGS, useFactory: ({ settings }: ModuleNotifier) => settings, inject: [ModuleNotifier] },
      NotificationContextInterceptor,
      { provide: APP_INTERCEPTOR, useExisting: NotificationContextInterceptor },
      NotificationsHealthIndicator,
    ],
    // The interceptor is made where it is used, and asks for the module's notifier.
    exports: [token, ModuleNotifier, NotificationContextInterceptor, NotificationsHealthIndicator],
  };
}
