"""A submission server with bad manners, for one connection after the other. usage: smtp.py PKI_DIR/mss MANNER; prints its port.

cut: closes after the final dot, before its reply.    plain: does not offer STARTTLS.    inject: speaks in clear behind "220 go".
full: 452 after the final dot.                        big: 552 5.3.4 after the final dot. slow: never answers the final dot.
twice: answers each RCPT twice.                       again: says 354 again after the final dot.
"""
import os, socket, ssl, sys, threading, time

pki, manner = sys.argv[1:3]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(pki + "/server.chain.pem", pki + "/server.key")


def serve(sock):
    file = sock.makefile("rb")

    def say(text):
        sock.sendall(text.encode() + b"\r\n")

    say("220 essai ESMTP")
    secure = False
    while True:
        line = file.readline().decode(errors="replace").strip().upper()
        if not line:
            return
        if line.startswith("EHLO"):
            say("250-essai" + ("" if secure or manner == "plain" else "\r\n250-STARTTLS") + "\r\n250-SIZE 10000000\r\n250 DSN")
        elif line == "STARTTLS":
            sock.sendall(b"220 go\r\n" + (b"250-essai\r\n250 SIZE 5\r\n" if manner == "inject" else b""))
            sock = context.wrap_socket(sock, server_side=True)
            file = sock.makefile("rb")
            secure = True
        elif line == "DATA":
            say("354 go")
            while file.readline() not in (b".\r\n", b""):
                pass
            print("taken", flush=True)
            if manner == "cut":
                sock.close()
                return
            if manner == "slow":
                time.sleep(30)
            say({"full": "452 4.3.1 disk", "big": "552 5.3.4 too big", "again": "354 go"}.get(manner, "250 2.0.0 ok"))
        elif line == "QUIT":
            say("221 bye")
            return
        else:
            say("250 2.0.0 ok")
            if manner == "twice" and line.startswith("RCPT"):
                say("250 2.0.0 ok")


def guarded(sock):
    try:
        serve(sock)
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)


def accept():
    while True:
        threading.Thread(target=guarded, args=(listener.accept()[0],), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(0.5)
