import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Notifier } from '../notifier/notifier.js';
import { createNotifier } from '../setup/create-notifier.js';
import { installNotifier } from '../setup/current-notifier.js';
import { MODULE_NAME, MODULE_OPTIONS } from './module-definition.js';
import { type ModuleSettings, type NotificationsModuleOptions, readModuleOptions } from './module-options.js';
import { nestReporter } from './nest-reporter.js';
import { RequestFollower } from './request-follower.js';

/**
 * The notifier of one module, from the start of the application to its end. Without a name it is the process-wide one in
 * this time, which decorators and `notifyAbout` use; afterwards that is again the one before. Where several applications
 * run in one process, it is that of the one made last.
 */
@Injectable()
export class ModuleNotifier implements OnApplicationShutdown {
  readonly notifier: Notifier;
  readonly follower: RequestFollower;
  readonly settings: ModuleSettings;
  readonly #uninstall: () => void;

  constructor(
    @Inject(MODULE_OPTIONS) options: NotificationsModuleOptions | undefined,
    @Inject(MODULE_NAME) { name }: { readonly name: string | undefined },
  ) {
    const settings = readModuleOptions(options, name);
    this.settings = settings;
    this.notifier = createNotifier({ reporter: nestReporter(name), ...settings.notifier });
    this.#uninstall = name === undefined ? installNotifier(this.notifier) : () => {};
    this.follower = new RequestFollower(this.notifier, settings);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.notifier.close({ timeoutMs: this.settings.closeTimeoutMs });
    this.#uninstall();
  }
}
