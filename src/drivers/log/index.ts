export { LogDriver } from './log-driver.js';
export type { InjectedLogger, LogFormat, LogOptions, LogTransport } from './options.js';
export { logSettings } from './settings.js';
