"""A far end on Python's http.server, for the tests of the `http` sender. usage: farend.py LOG [CERT KEY CA]; prints its port.
The path says what it does: /status/503?retry=7, /cut (reads, then closes without an answer), /slow, /second-cut (cuts every request of a
connection but the first). Each request is a line of JSON in LOG."""
import http.server, json, os, socket, ssl, sys, threading, time, hashlib

log = open(sys.argv[1], "a", buffering=1)
lock = threading.Lock()
connections = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def setup(self):
        global connections
        with lock:
            connections += 1
            self.number = connections
        self.served = 0
        super().setup()

    def handle(self):
        try:
            if isinstance(self.connection, ssl.SSLSocket):
                self.connection.do_handshake()
        except ssl.SSLError:
            return self.linger()
        except OSError:
            return
        try:
            super().handle()
        except (ssl.SSLError, OSError):
            pass

    def linger(self):
        """The alert is on its way: closing with bytes unread would reset the connection, and the far end might never read it."""
        with socket.socket(fileno=os.dup(self.connection.fileno())) as rest:
            rest.settimeout(30)
            try:
                while rest.recv(65536):
                    pass
            except OSError:
                pass

    def respond(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.served += 1
        with lock:
            log.write(json.dumps({
                "method": self.command, "path": self.path, "connection": self.number, "sha256": hashlib.sha256(body).hexdigest(), "length": length,
                "headers": {name.lower(): value for name, value in self.headers.items()},
            }) + "\n")
        path, _, query = self.path.partition("?")
        if path == "/cut" or path == "/second-cut" and self.served > 1:
            self.close_connection = True
            return
        if path == "/slow":
            time.sleep(30)
        self.send_response(int(path.split("/")[2]) if path.startswith("/status/") else 201)
        if query.startswith("retry="):
            self.send_header("Retry-After", query[6:].replace("_", " "))
        if path == "/closing":  # keeps quiet about it, as servers do whose patience ends
            self.close_connection = True
        answer = b'{"taken":true}'
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_PATCH = respond


http.server.ThreadingHTTPServer.request_queue_size = 128
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    context.load_verify_locations(sys.argv[4])
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
parent = os.getppid()
threading.Thread(target=server.serve_forever, daemon=True).start()
while os.getppid() == parent:
    time.sleep(0.5)
