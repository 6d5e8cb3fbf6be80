export type { ZaqarOptions, ZaqarTokenFunction } from './options.js';
export { ZaqarDriver } from './zaqar-driver.js';
