"""A far end with manners to choose, for the tests of HTTPClient. usage: https.py PKI_DIR  ("-": no TLS); prints its port."""
import http.server, os, socket, ssl, sys, time

pki = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            if isinstance(self.connection, ssl.SSLSocket):
                self.connection.do_handshake()
        except ssl.SSLError:
            # The alert is on its way: closing with bytes unread would reset the connection and take the alert back.
            rest = socket.socket(fileno=os.dup(self.connection.fileno()))
            rest.settimeout(2)
            try:
                rest.shutdown(socket.SHUT_WR)
                while rest.recv(65536):
                    pass
            except OSError:
                pass
            rest.close()
            return
        super().handle()

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, b"get")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/echo":
            self.answer(200, body, X_Length=str(len(body)), X_Seen=self.headers.get("X-Test", ""), X_Type=self.headers.get("Content-Type", ""))
        elif self.path == "/fault":
            self.answer(500, b"fault")
        elif self.path == "/redirect":
            self.answer(302, b"", Location="/echo")
        elif self.path == "/cut":
            self.close_connection = True
        elif self.path == "/half":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True
        elif self.path == "/slow":
            time.sleep(30)
            self.answer(200, b"late")
        elif self.path == "/big":
            self.answer(200, b"x" * 3000000)


http.server.ThreadingHTTPServer.request_queue_size = 128
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if pki != "-":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki + "/server.chain.pem", pki + "/server.key")
    context.load_verify_locations(pki + "/ca.pem")
    context.load_verify_locations(pki + "/ca.crl")
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
parent = os.getppid()
import threading

threading.Thread(target=server.serve_forever, daemon=True).start()
while os.getppid() == parent:
    time.sleep(0.5)
