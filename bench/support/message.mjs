// The message of the benchmarks, and how one would build and encode it by hand: the body that tidings sends in the oslo
// format, without its masking, limits and snapshot.
import { createHash, randomUUID } from 'node:crypto';

export const image = (n) => ({
  id: '65f8a45e-2bef-46e4-88b5-bb2bd1830a0f',
  name: `cirros ${n}`,
  status: 'active',
  created_at: '2026-11-20T07:29:26Z',
  updated_at: '2026-11-20T07:29:26Z',
  min_disk: 0,
  min_ram: 0,
  protected: false,
  checksum: '227a7bcff360c6b2eacb565b9e2160b9',
  owner: '0123456789abcdef0123456789abcdef',
  disk_format: 'raw',
  container_format: 'bare',
  size: 300000 + n,
  virtual_size: 300000,
  is_public: false,
  visibility: 'shared',
  properties: { os_distro: 'linux' },
  tags: ['a', 'b'],
  deleted: false,
  deleted_at: null,
});

const ascii = (text) =>
  text.replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The message id, and the body. */
export function byHand(topic, eventType, payload) {
  const messageId = randomUUID();
  const [date, time] = new Date().toISOString().slice(0, -1).split('T');
  const inner = JSON.stringify({
    message_id: messageId,
    publisher_id: 'bench.host',
    event_type: eventType,
    priority: 'INFO',
    payload,
    timestamp: `${date} ${time}000`,
    _unique_id: createHash('sha256').update(`${messageId} ${topic}`).digest('hex').slice(0, 32),
  });
  return {
    messageId,
    body: Buffer.from(JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': ascii(inner) })),
  };
}
