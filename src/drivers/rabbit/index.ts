export type { RabbitOptions } from './options.js';
export { RabbitDriver } from './rabbit-driver.js';
export type { AmqpUrlFunction } from './url-source.js';
