// As much of the package `ws` as is used here: Node 20 has no WebSocket of its own.
declare module 'ws' {
  export class WebSocket {
    constructor(url: string);
    addEventListener(type: 'open' | 'message', listener: () => void): void;
    send(text: string): void;
    close(): void;
  }
}
