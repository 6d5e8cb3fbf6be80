import { v4 } from 'uuid';
export async function x() {
  const a = await import('amqplib');
  return [a.connect, v4()];
}
