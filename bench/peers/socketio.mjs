// SPDX-License-Identifier: MIT
//
// A chat server as one writes it with socket.io: `join` enters a room and is
// answered (by the acknowledgement if there is one, by `joined` otherwise); a
// `msg` goes to the others in it.
//
//     node socketio.mjs PORT

import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, {
  serveClient: false,
  transports: ['websocket'],
  perMessageDeflate: false,
  pingInterval: 7_200_000,
  pingTimeout: 7_200_000,
});

io.on('connection', (socket) => {
  socket.on('join', (room, answer) => {
    socket.data.room = room;
    socket.join(room);
    if (answer) answer();
    else socket.emit('joined');
  });
  socket.on('msg', (text) => {
    socket.to(socket.data.room).emit('msg', text);
  });
});

http.listen({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  backlog: 4096,
});
