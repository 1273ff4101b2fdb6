/** The three sockets to a kernel that a runner needs: shell and control for requests, iopub for outputs. */
import { createServer } from "node:net";
import type * as zeromq from "zeromq";
import { InputError } from "../core/errors.ts";
import { decode, encode, type Message, type Session } from "./messages.ts";

/** A connection file (jupyter-client, "Connection files"). */
export interface Connection {
  readonly transport: "tcp";
  readonly ip: string;
  readonly shell_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly control_port: number;
  readonly hb_port: number;
  readonly key: string;
  readonly signature_scheme: "hmac-sha256";
}

export interface Channels {
  /** Sends a request and returns its id. */
  send(channel: "shell" | "control", type: string, content: object): string;
  close(): void;
}

/** A connection on free ports of this machine alone. */
export async function newConnection(key: string): Promise<Connection> {
  const servers = Array.from({ length: 5 }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject).listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const [shell_port = 0, iopub_port = 0, stdin_port = 0, control_port = 0, hb_port = 0] = ports;
  return {
    transport: "tcp",
    ip: "127.0.0.1",
    ...{ shell_port, iopub_port, stdin_port, control_port, hb_port },
    key,
    signature_scheme: "hmac-sha256",
  };
}

/** Loads the package that carries the messages. */
export async function loadZeromq(): Promise<typeof zeromq> {
  try {
    return await import("zeromq");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new InputError(
      "running notebooks needs the package zeromq, which is not here: get it with `npm install --save-dev zeromq@6.8`",
    );
  }
}

/**
 * Connects to a kernel, which need not listen yet.
 *
 * @param onMessage called for each message of shell and iopub
 * @param onFault called when a message cannot be read
 */
export async function openChannels(
  connection: Connection,
  session: Session,
  onMessage: (channel: "shell" | "iopub", message: Message) => void,
  onFault: (error: Error) => void,
): Promise<Channels> {
  const { Dealer, Subscriber } = await loadZeromq();
  // linger 0: what a dead kernel has not taken must not keep this process. No limit: a flood of output is kept whole.
  const shell = new Dealer({ linger: 0 });
  const control = new Dealer({ linger: 0 });
  const iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  const address = (port: number): string => `${connection.transport}://${connection.ip}:${port}`;
  shell.connect(address(connection.shell_port));
  control.connect(address(connection.control_port));
  iopub.connect(address(connection.iopub_port));
  iopub.subscribe();
  const pump = async (channel: "shell" | "iopub", socket: AsyncIterable<Buffer[]>): Promise<void> => {
    try {
      for await (const frames of socket) onMessage(channel, decode(session.key, frames));
    } catch (error) {
      onFault(error as Error);
    }
  };
  void pump("shell", shell);
  void pump("iopub", iopub);
  let sent: Promise<void> = Promise.resolve(); // a socket takes one message at a time
  return {
    send(channel, type, content) {
      const { id, frames } = encode(session, type, content);
      sent = sent.then(() => (channel === "shell" ? shell : control).send(frames)).catch(() => undefined);
      return id;
    },
    close() {
      for (const socket of [shell, control, iopub]) socket.close();
    },
  };
}
