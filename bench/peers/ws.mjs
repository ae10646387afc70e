// SPDX-License-Identifier: MIT
//
// A chat server as one writes it with the ws package: a connection's path is
// its room, and every text message goes to the others in it.
//
//     node ws.mjs PORT

import { WebSocketServer, WebSocket } from 'ws';

const rooms = new Map();

function enter(name, socket) {
  if (!rooms.has(name)) rooms.set(name, new Set());
  const room = rooms.get(name);
  room.add(socket);
  socket.on('close', () => {
    room.delete(socket);
    if (room.size === 0) rooms.delete(name);
  });
  return room;
}

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  backlog: 4096,
  perMessageDeflate: false,
});

server.on('connection', (socket, request) => {
  const room = enter(request.url, socket);
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, isBinary) => {
    for (const other of room) {
      if (other !== socket && other.readyState === WebSocket.OPEN) {
        other.send(data, { binary: isBinary });
      }
    }
  });
});
