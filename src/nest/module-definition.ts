import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { NotificationsModuleOptions } from './module-options.js';

export interface NotificationsModuleExtras {
  /** Makes its notifiers injectable everywhere in the application. Default: `true`. */
  readonly isGlobal?: boolean;
  /** For one more notifier beside the main one: `@InjectNotifier(name)`. Default: none, the main one. */
  readonly name?: string | undefined;
}

/** The name of a module, in a box: Nest does not inject `undefined`. */
export const MODULE_NAME = Symbol('tidings:module-name');

/** What the listener is made of; of the module without a name. */
export const LISTENER_SETTINGS = Symbol('tidings:listener-settings');

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: MODULE_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<NotificationsModuleOptions>({ moduleName: 'Notifications' })
  .setClassMethodName('forRoot')
  .setExtras<NotificationsModuleExtras>({ isGlobal: true, name: undefined })
  .build();
