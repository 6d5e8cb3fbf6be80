import { describe, expect, it } from 'vitest';
import { createForwarder } from '../../src/forwarder/index.js';
import { temporaryFile } from '../support/forwarding.js';
import { RecordingReporter } from '../support/recorded.js';

const good = 'sources:\n  - source: stdin\nsinks:\n  - driver: noop\n';

describe('the file of a forwarder', () => {
  it.each([
    ['', /:1? ?is null; it takes an object|is null; it takes an object/],
    ['sinks: []\n', /forward\.yaml(:1)? sources is missing; it takes one or more sources/],
    ['sources:\n  - source: stdin\n', /sinks is missing; it takes one or more sinks/],
    [`${good}sink: 1\n`, /forward\.yaml:5 sink is not an option; there are sources, sinks/],
    [
      'sources:\n  - source: kafka\nsinks: []\n',
      /:2 sources\[0\]\.source is "kafka"; it takes one of rabbit, amqp1, file, stdin/,
    ],
    ['sources:\n  - source: file\nsinks: []\n', /sources\[0\]\.path is undefined; it takes a text/],
    [
      'sources:\n  - source: rabbit\n    pool: ""\nsinks: []\n',
      /:3 sources\[0\]\.pool is ""; it takes a name of a queue/,
    ],
    [
      'sources:\n  - source: rabbit\n    temporary: true\nsinks: []\n',
      /:3 sources\[0\]\.temporary is not an option of a source/,
    ],
    [
      'sources:\n  - source: amqp1\n    handlerTimeout: 1m\nsinks: []\n',
      /:3 sources\[0\]\.handlerTimeout is not an option of a source/,
    ],
    [`${good}  - driver: noop\n`, /:5 sinks\[1\]\.name is "noop", as that of another one; names differ/],
    [
      `${good}  - routes: [{ events: a.*, drivers: noop }]\n  - routes: [{ events: b.*, drivers: log }]\n`,
      /:6 sinks\[2\]\.name is "routes", as that of another one; names differ/,
    ],
    [good.replace('noop', 'smoke'), /:4 sinks\[0\] names the driver "smoke"; it takes one or more of amqp1, log,/],
    [good.replace('noop', 'log\n    nosuch: 1'), /:5 sinks\[0\]\.nosuch is not an option; there are/],
    [
      'sources:\n  - source: rabbit\n    exchange: a\nsinks:\n  - driver: rabbit\n    exchange: b\n',
      /:5 sinks\[0\] would give sources\[0\] back what it forwards/,
    ],
    [
      'sources:\n  - source: rabbit\n    pool: p\nsinks:\n  - driver: rabbit\n',
      /:5 sinks\[0\] would give sources\[0\] back what it forwards/,
    ],
    [
      'sources:\n  - source: amqp1\n    pool: p\nsinks: []\n',
      /:3 sources\[0\]\.pool is not for protocol 'amqp1', which declares nothing/,
    ],
    [
      'sources:\n  - source: amqp1\n    protocol: rabbit\nsinks: []\n',
      /:3 sources\[0\]\.protocol is not an option of a source/,
    ],
    [
      'sources:\n  - source: amqp1\nsinks:\n  - driver: amqp1\n',
      /:4 sinks\[0\] would give sources\[0\] back what it forwards/,
    ],
    [
      'sources:\n  - source: amqp1\n    url: amqp://u:p@LOCALHOST\nsinks:\n  - driver: qpid\n    url: amqp://far,amqp://127.0.0.1:5672/%2f\n',
      /:5 sinks\[0\] would give sources\[0\] back what it forwards/,
    ],
    [
      'sources:\n  - source: amqp1\n    address: bridge\nsinks:\n  - driver: amqp1\n    address: bridge\n    topics: other\n',
      /:5 sinks\[0\] would give sources\[0\] back what it forwards: both are at one broker, with one address/,
    ],
    [
      'sources:\n  - source: amqp1\nsinks:\n  - driver: amqp1\n    address: "{topic}.info"\n',
      /:4 sinks\[0\] would give sources\[0\] back what it forwards/,
    ],
    [
      'sources:\n  - source: file\n    path: /tmp/a/../b\nsinks:\n  - driver: log\n    file: /tmp/b\n',
      /:5 sinks\[0\] would give sources\[0\] back what it forwards: it writes to the file that is read/,
    ],
    [
      good.replace('noop', 'noop\n    transform: { timeoutMs: 0 }'),
      /:5 sinks\[0\]\.transform\.timeoutMs is 0; it takes/,
    ],
    [good.replace('noop', 'noop\n    name: ..'), /:5 sinks\[0\]\.name is "\.\."; it takes A-Z/],
    [good.replace('noop', 'noop\n    persist: 1'), /:5 sinks\[0\]\.persist is 1; it takes true or false/],
    [
      good.replace('noop', 'noop\n    events: "image create"'),
      /:5 sinks\[0\]\.events has "image create"; it takes event types/,
    ],
    [good.replace('noop', 'noop\n    priorities: LOUD'), /:5 sinks\[0\]\.priorities has "LOUD"; it takes AUDIT/],
    [
      good.replace('noop', 'noop\n    transform: { pik: id }'),
      /:5 sinks\[0\]\.transform\.pik is not an option; there are pick/,
    ],
    [
      good.replace('noop', 'noop\n    transform: { omit: "a,,b" }'),
      /:5 sinks\[0\]\.transform\.omit is ""; it takes places in the payload/,
    ],
    [
      good.replace('sinks', '  - { source: stdin, name: again }\nsinks'),
      /:3 sources\[1\]\.source is "stdin", as that of another one; there is one standard input/,
    ],
    [
      good.replace('noop', 'noop\n    transform:\n      module: /no/such.mjs'),
      /:6 sinks\[0\]\.transform\.module names "\/no\/such\.mjs", which cannot be loaded/,
    ],
    [good.replace('noop', 'rabbit\n    url: amqp//u:hidden@h'), /:5 sinks\[0\]\.url is not the URL of an AMQP broker/],
    [`${good}http: { port: 70000 }\n`, /:5 http\.port is 70000; it takes a whole number from 0 to 65535/],
    [`${good}contextKeys: [auth_token]\n`, /contextKeys has "auth_token"; credentials never leave/],
    [`${good}bad: [\n`, /forward\.yaml:\d/],
  ])('%# is told of by its place', async (text, message) => {
    const path = temporaryFile('forward.yaml', text);
    const made = createForwarder(path, {}, new RecordingReporter());
    await expect(made).rejects.toThrow(message);
    await expect(made).rejects.toMatchObject({ code: 'CONFIGURATION' });
    await expect(made).rejects.not.toThrow('hidden');
  });

  it.each([
    'sources:\n  - source: rabbit\n    topics: a\nsinks:\n  - driver: rabbit\n',
    'sources:\n  - source: rabbit\n    url: amqp://127.0.0.1:1\nsinks:\n  - driver: rabbit\n',
    'sources:\n  - source: rabbit\n    exchange: a\n    pool: p\nsinks:\n  - driver: rabbit\n',
    'sources:\n  - source: rabbit\n    url: amqp://localhost/a\nsinks:\n  - driver: rabbit\n',
    'sources:\n  - source: file\n    path: /tmp/b\nsinks:\n  - driver: log\n',
    'sources:\n  - source: rabbit\n    compat: oslo\nsinks:\n  - driver: rabbit\n',
    'sources:\n  - source: amqp1\nsinks:\n  - driver: amqp1\n    topics: other\n',
    'sources:\n  - source: amqp1\n    address: "{exchange}/{topic}"\n    exchange: a\nsinks:\n  - driver: amqp1\n    address: "{exchange}/{topic}"\n',
  ])('%# is no circle', async (text) => {
    const forwarder = await createForwarder(temporaryFile('forward.yaml', text), {}, new RecordingReporter());
    await forwarder.stop({ timeoutMs: 0 });
  });

  it('takes variables of the environment', async () => {
    const path = temporaryFile('forward.yaml', good.replace('noop', `rabbit\n    url: $\{BROKER}`));
    const forwarder = await createForwarder(path, { BROKER: 'amqp://127.0.0.1:1' }, new RecordingReporter());
    await forwarder.stop({ timeoutMs: 0 });
  });
});
