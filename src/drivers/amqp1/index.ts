export type { AmqpUrlFunction } from '../../transport/amqp/url-source.js';
export type { AddressPreset } from '../../transport/amqp1/address.js';
export { Amqp1Driver } from './amqp1-driver.js';
export type { Amqp1Options } from './options.js';
