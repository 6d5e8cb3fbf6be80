/**
 * Whether RabbitMQ says that a consumer has held a message for longer than its `consumer_timeout`, and what to do then: a
 * clause to append.
 */
export function consumerTimeoutRemedy(reply: string): string | undefined {
  if (!/delivery acknowledgement on channel \d+ timed out/.test(reply)) return undefined;
  return ': let handlers take less time (handlerTimeout), hold fewer messages (prefetch) or wait less between attempts (retryDelays), or raise consumer_timeout in the configuration of RabbitMQ';
}
