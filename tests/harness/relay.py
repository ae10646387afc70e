# SPDX-License-Identifier: MIT
"""A wire between a client and a server that can be cut, and that passes no
more bytes than it is told to."""
import socket
import threading


class Relay:
    def __init__(self, server):
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.limits = {"up": None, "down": None}
        self.passed = {"up": 0, "down": 0}
        self.changed = threading.Condition()
        self.pairs = []
        self.over = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1",
                                                self.server.port))
            except OSError:
                near.close()
                continue
            with self.changed:
                self.pairs.append((near, far))
            for way, a, b in (("up", near, far), ("down", far, near)):
                threading.Thread(target=self._pump, args=(way, a, b),
                                 daemon=True).start()

    def _pump(self, way, source, sink):
        try:
            while True:
                data = source.recv(16384)
                with self.changed:
                    while (not self.over and data and
                           self.limits[way] is not None and
                           self.passed[way] + len(data) > self.limits[way]):
                        self.changed.wait()
                    self.passed[way] += len(data)
                    self.changed.notify_all()
                if not data:
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def limit(self, way, n):
        """No more than n bytes that way from now on; None: as many as come."""
        with self.changed:
            self.passed[way] = 0
            self.limits[way] = n
            self.changed.notify_all()

    def wait_for(self, way, n, deadline):
        """Until so many bytes have passed that way."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.passed[way] >= n,
                                         deadline), self.passed

    def cut(self):
        """Every connection, as if the cable were pulled and reset."""
        with self.changed:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.changed:
            self.over = True
            self.changed.notify_all()
        self.cut()
