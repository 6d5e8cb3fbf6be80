import type { Socket } from 'node:net';

/**
 * The clients write each message by itself, a system call each, which costs more than all the rest of publishing. What is
 * written in a row goes out together, as soon as the code that wrote it has ended.
 */
export function gatherWrites(socket: Socket): void {
  let isGathering = false;
  const send = () => {
    isGathering = false;
    socket.uncork();
  };
  const write = socket.write;
  socket.write = function gather(this: Socket, ...args: Parameters<Socket['write']>) {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      process.nextTick(send);
    }
    return write.apply(this, args);
  } as Socket['write'];
}
