// Compiled under both decorator standards; the API is passed in, so that the tests and this use the same copy of it.
import type * as tidings from '../../src/index.js';

type Api = Pick<
  typeof tidings,
  'Notifies' | 'NotifiesAll' | 'notifyAbout' | 'SkipNotifications' | 'StartEnd' | 'StartEndAll'
>;

const SECRET = Symbol('secret');

/** Another decorator, as frameworks have them: puts a function of its own in the place of the method. */
// biome-ignore lint/suspicious/noExplicitAny: works under both standards.
function replace(): any {
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  return (target: any, _context: unknown, descriptor?: PropertyDescriptor) => {
    const fn = descriptor?.value ?? target;
    function replacement(this: unknown, ...args: unknown[]) {
      return `replaced ${fn.apply(this, args)}`;
    }
    if (descriptor === undefined) return replacement;
    descriptor.value = replacement;
    return descriptor;
  };
}

/** Another class decorator: remembers the class, as containers do. */
export const registered: unknown[] = [];
function register(target: unknown, _context?: unknown): void {
  registered.push(target);
}

export function defineDashboards(api: Api) {
  const { Notifies, NotifiesAll, notifyAbout, SkipNotifications, StartEnd, StartEndAll } = api;

  @register
  @NotifiesAll('dashboard')
  @register
  class Dashboard {
    static readonly version = 3;
    readonly title: string;
    handleField = () => 'field';

    constructor(title = 'main') {
      this.title = title;
    }

    handleCreateImage(name: string, _size = 1): string {
      return `${this.title}/${name}`;
    }

    async parseURL(url: string): Promise<string> {
      notifyAbout('dashboard.inside');
      return url;
    }

    getHTTPResponse2(): never {
      throw new Error('no response');
    }

    private handlePrivately(): string {
      return 'private';
    }

    runPrivately(): string {
      return this.handlePrivately() + this.#hidden();
    }

    @Notifies('dashboard.own')
    handleOwn(): string {
      return 'own';
    }

    @StartEnd('dashboard.pair')
    handlePair(): string {
      return 'pair';
    }

    @SkipNotifications()
    handleSkipped(): string {
      return 'skipped';
    }

    @SkipNotifications()
    @Notifies('dashboard.still')
    handleStill(): string {
      return 'still';
    }

    @replace()
    handleReplaced(): string {
      return 'replaced';
    }

    @SkipNotifications()
    @replace()
    handleSkippedAbove(): string {
      return 'above';
    }

    get size(): number {
      return 1;
    }

    _handleHidden(): string {
      return 'hidden';
    }

    #hidden(): string {
      return ' hidden';
    }

    [SECRET](): string {
      return 'symbol';
    }

    callSymbol(): string {
      return this[SECRET]();
    }

    static handleStatically(): string {
      return 'static';
    }

    toJSON(): unknown {
      return { title: this.title };
    }

    toString(): string {
      return this.title;
    }

    toLocaleString(): string {
      return this.title;
    }

    valueOf(): string {
      return this.title;
    }

    inspect(): string {
      return this.title;
    }

    // biome-ignore lint/suspicious/noThenProperty: it must be left alone.
    then(resolve: (value: string) => void): void {
      resolve('then');
    }

    onModuleInit(): void {}
    onModuleDestroy(): void {}
    onApplicationBootstrap(): void {}
    beforeApplicationShutdown(): void {}
    onApplicationShutdown(): void {}
  }

  class SubDashboard extends Dashboard {
    override handleCreateImage(name: string): string {
      return `sub ${super.handleCreateImage(name)}`;
    }

    handleMore(): string {
      return 'more';
    }
  }

  @NotifiesAll('matched', { match: /^handle/g, priority: 'DEBUG', payload: (call) => ({ args: call.args }) })
  class Matched {
    handleFirst(id: string): string {
      return id;
    }

    handleSecond(id: string): string {
      return id;
    }

    other(): void {}
    _handleNever(): void {}
    toString(): string {
      return 'matched';
    }
  }

  @NotifiesAll('both')
  @StartEndAll('both', { match: (name) => name.startsWith('run') })
  class Both {
    runTask(): number {
      return 1;
    }

    list(): string[] {
      return [];
    }
  }

  return { Dashboard, SubDashboard, Matched, Both };
}

/** In the order that only `experimentalDecorators`, or a platform with `Symbol.metadata`, can see through. */
export function defineSkippedBelow({ Notifies, NotifiesAll, SkipNotifications }: Api) {
  @NotifiesAll('below')
  class Below {
    @replace()
    @SkipNotifications()
    skipped(): string {
      return 'skipped';
    }

    @replace()
    @Notifies('below.own')
    own(): string {
      return 'own';
    }

    // A static method of the same name as a method does not opt that one out.
    @SkipNotifications()
    static told(): void {}

    told(): string {
      return 'told';
    }
  }

  return { Below };
}
