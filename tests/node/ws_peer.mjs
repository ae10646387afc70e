// SPDX-License-Identifier: MIT
//
// npm's ws as a client that is told what to do: node ws_peer.mjs URL. A line
// of standard input is a command, a line of standard output an event, both in
// JSON; bytes are in hex.
import readline from "node:readline";
import WebSocket from "ws";

const ws = new WebSocket(process.argv[2], ["loquat.v1"]);
const say = (event, more) =>
    console.log(JSON.stringify({ event, ...more }));

const commands = {
    send: (hex) => ws.send(Buffer.from(hex, "hex")),
    text: (text) => ws.send(text),
    ping: (text) => ws.ping(text),
    close: ([code, reason]) => ws.close(code, reason),
    fragments: (parts) => parts.forEach((hex, n) => ws.send(
        Buffer.from(hex, "hex"),
        { binary: true, fin: n === parts.length - 1 })),
};

ws.on("open", () => say("open", { protocol: ws.protocol,
                                  extensions: ws.extensions }));
ws.on("message", (data, binary) =>
    say("message", { data: data.toString("hex"), binary }));
ws.on("pong", (data) => say("pong", { data: data.toString() }));
ws.on("error", (error) => say("error", { why: error.message }));
ws.on("close", (code, reason) => {
    say("close", { code, reason: reason.toString() });
    process.exit(0);
});

readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const [[word, value]] = Object.entries(JSON.parse(line));
    commands[word](value);
});
