/**
 * Which of our addresses a host is reached from: the one that our audio is to be sent to. The kernel's routing says it, for
 * a datagram socket that is connected and never sends.
 */
import { createSocket } from 'node:dgram';

/** IPv4, as the engines speak it. Rejects where the name is unknown or no route leads there. */
export function addressTowards(host: string, port: number): Promise<{ localIp: string; remoteIp: string }> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const fail = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', fail);
    socket.connect(port, host, () => {
      const localIp = socket.address().address;
      const remoteIp = socket.remoteAddress().address;
      socket.close();
      resolve({ localIp, remoteIp });
    });
  });
}
