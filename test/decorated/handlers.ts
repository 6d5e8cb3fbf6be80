import type * as listening from '../../src/listener/index.js';

type Received = listening.Received;

/** Classes with handlers; compiled under both decorator standards. */
export function defineHandlers({ OnNotification }: typeof listening) {
  class Base {
    readonly heard: string[] = [];

    @OnNotification('image.*,!image.send', { priority: 'INFO' })
    onImage(n: Received) {
      this.heard.push(`image ${n.eventType}`);
    }

    @OnNotification('image.*', { where: { publisherId: 'image.*', payload: { 'properties.os': /^(linux|bsd)$/ } } })
    onOpenImage(n: Received) {
      this.heard.push(`open ${n.eventType}`);
    }

    @OnNotification('task.run')
    @OnNotification('task.stop')
    async onTask(n: Received) {
      this.heard.push(`task ${n.eventType}`);
    }

    @OnNotification('batch.*', { batch: { size: 2 } })
    onBatch(all: readonly Received[]) {
      this.heard.push(`batch ${all.length}`);
    }

    notDecorated() {
      this.heard.push('never');
    }
  }

  class Sub extends Base {
    override onImage(n: Received) {
      super.onImage(n);
      this.heard.push('of the sub-class');
    }
  }

  // biome-ignore lint/complexity/noStaticOnlyClass: static handlers are what it is there for.
  class Fixed {
    static readonly heard: string[] = [];

    @OnNotification('image.create')
    static onCreate(n: Received) {
      Fixed.heard.push(n.eventType);
    }
  }

  return { Base, Sub, Fixed };
}
