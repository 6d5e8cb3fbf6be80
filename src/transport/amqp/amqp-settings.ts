import { oneOf, text } from '../../notification/configuration.js';

/** The name of an exchange. */
export const exchangeName = text({ pattern: /^[^\p{Cc}]{1,127}$/u, rule: 'a name of at most 127 characters' });
export const compatMode = oneOf('oslo');
export const declareMode = oneOf('auto', 'none');
