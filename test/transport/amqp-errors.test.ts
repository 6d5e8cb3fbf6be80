import { describe, expect, test } from 'vitest';
import { explainAmqpError } from '../../src/transport/amqp/explain-amqp-error.js';

const URL = 'amqp://writer:s3cret@mq.example/prod';
const explained = (message: string, code?: unknown) =>
  explainAmqpError(Object.assign(new Error(message), code === undefined ? {} : { code }), URL).message;

describe("a broker's refusal is explained with what to do", () => {
  const cases: [string, number, string, RegExp][] = [
    [
      'an exchange that the user may not write to',
      403,
      `Channel closed by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - access to exchange 'x' in vhost 'prod' refused for user 'writer'"`,
      /ACCESS_REFUSED - access to exchange 'x'.*: give the user the permission \(rabbitmqctl set_permissions -p 'prod' 'writer'/,
    ],
    [
      'an exchange that is missing',
      404,
      `Channel closed by server: 404 (NOT-FOUND) with message "NOT_FOUND - no exchange 'x' in vhost 'prod'"`,
      /no exchange 'x' in vhost 'prod': create it, or let tidings do so/,
    ],
    [
      'a queue that exists otherwise',
      406,
      `Operation failed: QueueDeclare; 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost 'prod': received 'true' but current is 'false'"`,
      /inequivalent arg 'durable'.*: it exists already and differs; delete it, use another name, or declare nothing/,
    ],
    [
      'a queue that is locked',
      405,
      `Operation failed: QueueDeclare; 405 (RESOURCE-LOCKED) with message "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'q' in vhost 'prod'"`,
      /RESOURCE_LOCKED.*: it exists already and differs/,
    ],
    [
      'a virtual host that the user may not use',
      530,
      `Handshake terminated by server: 530 (NOT-ALLOWED) with message "NOT_ALLOWED - access to vhost 'prod' refused for user 'writer'"`,
      /refused the virtual host 'prod' to user 'writer': check the virtual host/,
    ],
    [
      'a broker that shuts down',
      320,
      'Connection closed: 320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - broker forced connection closure"',
      /it closed the connection or the channel \(CONNECTION_FORCED - broker forced connection closure\)/,
    ],
  ];
  test.each(cases)('%s', (_, code, message, expected) => {
    expect(explained(message, code)).toMatch(expected);
  });
});

test('faults of the network and of TLS are explained by their codes', () => {
  expect(explained('getaddrinfo EAI_AGAIN mq.example', 'EAI_AGAIN')).toMatch(
    /'mq\.example' is not known \(EAI_AGAIN\)/,
  );
  expect(explained('connect EHOSTUNREACH', 'EHOSTUNREACH')).toMatch(/no answer from 'mq\.example', port 5672/);
  expect(explained('Heartbeat timeout')).toMatch(/has stopped answering/);
  expect(explained('read ECONNRESET', 'ECONNRESET')).toMatch(/connection was lost/);
  expect(explained('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT')).toMatch(
    /certificate is not accepted.*tls\.ca/,
  );
  expect(explained('Hostname/IP does not match', 'ERR_TLS_CERT_ALTNAME_INVALID')).toMatch(/tls\.servername/);
  expect(explained('certificate required', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')).toMatch(
    /TLS failed.*tls\.cert, tls\.key/,
  );
});

test('what is not known is told as it is, on one line', () => {
  expect(explained('something\n  new')).toBe('the broker at amqp://writer@mq.example:5672/prod: something new');
  expect(explainAmqpError('a text', URL).message).toMatch(/: a text$/);
  expect(explainAmqpError(undefined, URL).message).toMatch(/: undefined$/);
});

test('an error that is explained already stays as it is', () => {
  const error = explainAmqpError(new Error('once'), URL);
  expect(explainAmqpError(error, URL)).toBe(error);
});
