import { Inject, Injectable, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModuleRef, ModulesContainer } from '@nestjs/core';
import { createListener, type Listener } from '../listener/index.js';
import { currentCapture } from '../setup/capture.js';
import { registerHandlers } from './handler-discovery.js';
import { LISTENER_SETTINGS } from './module-definition.js';
import type { ModuleSettings } from './module-options.js';
import { nestReporter } from './nest-reporter.js';

/** Listens for the handlers of the application, where it has any. */
@Injectable()
class HandlerListener implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #discovery: DiscoveryService;
  readonly #moduleRef: ModuleRef;
  #listener: Listener | undefined;
  #timeoutMs = 0;

  constructor(@Inject(DiscoveryService) discovery: DiscoveryService, @Inject(ModuleRef) moduleRef: ModuleRef) {
    this.#discovery = discovery;
    this.#moduleRef = moduleRef;
  }

  onApplicationBootstrap(): void {
    const settings: Pick<ModuleSettings, 'listener' | 'closeTimeoutMs'> = this.#moduleRef.get(LISTENER_SETTINGS, {
      strict: false,
    });
    // A test that captures what is told neither delivers it anywhere nor takes it from anywhere.
    if (settings.listener === undefined || currentCapture() !== undefined) return;
    const listener = createListener({ reporter: nestReporter('listener'), ...settings.listener });
    if (registerHandlers(listener, this.#discovery, this.#moduleRef) === 0) return;
    this.#listener = listener;
    this.#timeoutMs = settings.closeTimeoutMs;
    // The application does not wait for a broker: where it is down, the listener says so and tries again.
    listener.start().catch(() => undefined);
  }

  async onModuleDestroy(): Promise<void> {
    await this.#listener?.stop({ timeoutMs: this.#timeoutMs });
  }
}

@Module({ imports: [DiscoveryModule], providers: [HandlerListener] })
export class NotificationListenerModule {
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    // Nest bootstraps the module that is nearest to the root last, and destroys it first.
    for (const each of modules.values()) {
      if (each.metatype === NotificationListenerModule) each.distance = Number.NEGATIVE_INFINITY;
    }
  }
}
