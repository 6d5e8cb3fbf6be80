export { LogDriver } from './log-driver.js';
export type { InjectedLogger, LogFormat, LogOptions, LogTransport } from './options.js';
