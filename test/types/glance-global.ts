// What `import 'tidings/glance/global'` types everywhere. Compiled on its own: it is so for a whole program.
import { type CallOf, Notifies, notifyAbout, StartEnd, withNotifies } from 'tidings';
import { glance, type ImageRecord, imagePayload, imageSendPayload } from 'tidings/glance';
import 'tidings/glance/global';
import { createListener, OnNotification, type Received } from 'tidings/listener';

declare const record: ImageRecord;

notifyAbout('image.create', imagePayload(record));
notifyAbout.error('image.upload', new Error('no space'));
notifyAbout.warn('image.send', imageSendPayload(record, {}, 17));
notifyAbout('image.delete', record.id);
notifyAbout('image.shared', { anything: true });
glance.notifyAbout('image.create', imagePayload(record));
export const create = withNotifies('image.create', async () => imagePayload(record));

export class Images {
  @Notifies('image.send', {
    payload: (call: CallOf<Images['download']>) => imageSendPayload(record, { userId: call.args[0] }, call.bytes),
  })
  download(_userId: string): AsyncIterable<Uint8Array> | undefined {
    return undefined;
  }

  @StartEnd({ start: 'image.prepare', end: 'image.upload' }, { payload: () => imagePayload(record) })
  upload(): void {}
}

createListener().on('image.send', (n) => {
  const bytes: number = n.payload.bytes_sent;
  // @ts-expect-error it has no such field
  n.payload.no_such_field;
  return bytes;
});

export class Handlers {
  @OnNotification('image.send', { priority: 'INFO', where: { payload: { image_id: 'i1' } } })
  onSend(n: Received<{ readonly bytes_sent: number }>) {
    return n.payload.bytes_sent;
  }

  // @ts-expect-error bytes_sent is a number
  @OnNotification('image.send')
  onSendOfTexts(n: Received<{ readonly bytes_sent: string }>) {
    return n;
  }
}

// @ts-expect-error bytes_sent is a number
notifyAbout('image.send', { ...imageSendPayload(record, {}, 17), bytes_sent: '17' });
// @ts-expect-error fields are missing
notifyAbout('image.send', { image_id: record.id });
// @ts-expect-error the location of the data is no field
notifyAbout('image.create', { ...imagePayload(record), location: 'file:///images/1' });
// @ts-expect-error a payload of another event
glance.notifyAbout('image.create', imageSendPayload(record, {}, 17));
// @ts-expect-error at INFO a text is no payload
notifyAbout('image.create', 'created');
// @ts-expect-error the result is no image
withNotifies('image.create', async () => record.id);
