// What the class decorators accept and refuse. Compiled by several compilers, under both decorator standards.
import { type Call, NotifiesAll, SkipNotifications, StartEndAll } from 'tidings';

@NotifiesAll('dashboard', {
  match: /^handle/,
  priority: 'DEBUG',
  payload: (call) => ({ args: call.args.length }),
  at: 'start',
})
@StartEndAll('dashboard', { match: (name) => name.startsWith('run') })
export class Dashboard {
  readonly title: string;

  constructor(title: string) {
    this.title = title;
  }

  handleList(): string[] {
    return [this.title];
  }

  @SkipNotifications()
  async handleQuietly(): Promise<void> {}

  @SkipNotifications()
  static make(): Dashboard {
    return new Dashboard('t');
  }
}

@StartEndAll('base')
export abstract class Base {
  protected constructor(readonly name: string) {}
  abstract run(): void;
}

@NotifiesAll('generic', { payload: (call: Call<unknown[], unknown, Generic<unknown>>) => ({ value: call.self.value }) })
export class Generic<T> extends Base {
  private constructor(readonly value: T) {
    super('generic');
  }

  static of<T>(value: T): Generic<T> {
    return new Generic(value);
  }

  run(): void {}
}

// The class stays itself.
export const titles: string[] = new Dashboard('t').handleList();
export const generic: Generic<number> = Generic.of(1);

// What composes decorators takes ours.
export const composed: ClassDecorator[] = [NotifiesAll('composed'), StartEndAll('composed')];

// @ts-expect-error `self` is of another class
@NotifiesAll('wrong', { payload: (call: Call<unknown[], unknown, Dashboard>) => call.self.title })
export class Wrong {
  // @ts-expect-error a method is no class
  @NotifiesAll('wrong')
  method(): void {}

  // @ts-expect-error nor is a static method
  @StartEndAll('wrong')
  static method(): void {}

  // @ts-expect-error nor is a property
  @NotifiesAll('wrong')
  property = 1;

  // @ts-expect-error nor is a static property
  @NotifiesAll('wrong')
  static property = 1;

  // @ts-expect-error nor is an accessor
  @StartEndAll('wrong')
  get accessor(): number {
    return 1;
  }
}

// @ts-expect-error only methods are skipped
@SkipNotifications()
export class Skipped {}

// @ts-expect-error a resource is a text
NotifiesAll(/image/);
// @ts-expect-error no such match
NotifiesAll('image', { match: 'handle' });
// @ts-expect-error a class decorator makes its types from the methods
StartEndAll({ start: 'a', end: 'b' });
