import { text } from '../notification/configuration.js';

/** Of a source or a sink. A sink's folder in the spool is called so: none may lead out of it. */
export const NAME = text({
  pattern: /^(?!\.)[A-Za-z0-9_.-]{1,100}$/,
  rule: 'A-Z, a-z, 0-9, "_", "-" and, but for the first, ".", at most 100',
});
