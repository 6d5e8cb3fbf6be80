export type { RabbitOptions } from './options.js';
export { RabbitDriver } from './rabbit-driver.js';
