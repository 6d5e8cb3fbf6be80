export type { AmqpUrlFunction } from '../../transport/amqp/url-source.js';
export type { RabbitOptions } from './options.js';
export { RabbitDriver } from './rabbit-driver.js';
