#!/usr/bin/env python3
"""Three gateways on one PostgreSQL with a synchronous standby, under load: kill, pause, rolling restart, fail-over. Loopback only, about two minutes.

    Deploy/postgres/trial.py [--binary .build/release/passerelle] [--port 26432] [--keep]

Exit code 0 when every promise was kept; each line of the output is one of them, with its figure."""
import argparse, os, pathlib, random, shutil, signal, socket, socketserver, subprocess, sys, tempfile, threading, time

here = pathlib.Path(__file__).resolve().parent
arguments = argparse.ArgumentParser()
arguments.add_argument("--binary", default=str(here.parent.parent / ".build/release/passerelle"))
arguments.add_argument("--port", type=int, default=26432)
arguments.add_argument("--keep", action="store_true")
options = arguments.parse_args()
LEASE = 12
START, END = b"\x0b", b"\x1c\r"
failures = []


def say(text):
    print(f"{time.time() - began:6.1f} s  {text}", flush=True)


def check(holds, text):
    say(("ok      " if holds else "BROKEN  ") + text)
    if not holds:
        failures.append(text)


def free_port():
    """Of a range from which the system gives nobody one by itself: it stays free until its gateway starts."""
    while True:
        port = random.randrange(16000, 24000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def read_frame(stream, held):
    while END not in held:
        data = stream.recv(65536)
        if not data:
            return None, held
        held += data
    frame, _, rest = held.partition(END)
    return frame.lstrip(START), rest


class Sink(socketserver.ThreadingTCPServer):
    """The far end: notes what comes, in order, and answers AA."""
    allow_reuse_address, daemon_threads = True, True

    def __init__(self):
        self.lock, self.arrived = threading.Lock(), []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        held = b""
        try:
            while True:
                frame, held = read_frame(self.request, held)
                if frame is None:
                    return
                fields = frame.split(b"\r")[0].split(b"|")
                control = fields[9].decode()
                with self.server.lock:
                    self.server.arrived.append((control, time.time()))
                answer = b"MSH|^~\\&|SINK|SINK|DPI|CH|20260101000000||ACK|" + fields[9] + b"|P|2.5\rMSA|AA|" + fields[9] + b"\r"
                self.request.sendall(START + answer + END)
        except OSError:
            return


class Gateway:
    def __init__(self, number):
        self.number, self.port, self.process = number, free_port(), None
        self.folder = work / f"g{number}"
        self.folder.mkdir()
        (self.folder / "passerelle.yaml").write_text(f"""node: g{number}
environment: test
journal:
  postgres: {{host: "127.0.0.1,127.0.0.1", port: "{options.port},{options.port + 1}", tls: disable, failover: true, lease: {LEASE} s}}
listeners:
  mllp-in: {{mllp: {{host: 127.0.0.1, port: {self.port}}}}}
senders:
  sink: {{mllp: {{host: 127.0.0.1, port: {sink.server_address[1]}, connect: 2 s, answer: 4 s, connections: 8}}}}
routes: {work}/Routes
tables: {work}/tables
socket: {self.folder}/p.sock
""")

    def start(self):
        log = open(self.folder / "log", "a")
        self.process = subprocess.Popen([options.binary, "serve", "--config", str(self.folder)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.wait()

    def wait(self):
        end = time.time() + 120
        while time.time() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise SystemExit(f"gateway {self.number} did not start:\n" + (self.folder / "log").read_text()[-3000:])


class Client(threading.Thread):
    """A record system: the next message of a patient only after an answer, to any gateway; repeated until it is taken."""

    def __init__(self, number):
        super().__init__(daemon=True)
        self.number, self.numbers = number, {}

    def run(self):
        links, turn = {}, 0
        while not stopping.is_set():
            patient = f"{self.number}x{turn % 8}"
            turn += 1
            n = self.numbers[patient] = self.numbers.get(patient, 0) + 1
            control = f"{patient}-{n}"
            message = ("MSH|^~\\&|DPI|CH|PFI|PFI|20260101000000||ADT^A08^ADT_A01|" + control + "|T|2.5|||||FRA|UNICODE UTF-8\r"
                       "EVN||20260101000000\rPID|||" + patient + "^^^TEST&1.2.250.1.999.7.1&ISO^PI||ESSAI^ANNE\rPV1||I\r").encode()
            while not stopping.is_set():
                gateway = random.choice(gateways)
                code = self.exchange(links, gateway.port, message)
                note(code, gateway)
                if code in ("AA", "AE"):
                    break
                time.sleep(0.02)
            if code == "AA":
                with tally:
                    acknowledged.append(control)

    def exchange(self, links, port, message):
        try:
            link = links.get(port)
            if link is None:
                link = links[port] = socket.create_connection(("127.0.0.1", port), 2)
                link.settimeout(16)
            link.sendall(START + message + END)
            frame, _ = read_frame(link, b"")
            if frame is None:
                raise OSError
            return [s for s in frame.split(b"\r") if s.startswith(b"MSA")][0].split(b"|")[1].decode()
        except (OSError, IndexError):
            old = links.pop(port, None)
            if old:
                old.close()
            return "none"


tally, stopping = threading.Lock(), threading.Event()
acknowledged, answers, phase = [], {}, "start"


def note(code, gateway):
    with tally:
        answers.setdefault(phase, {}).setdefault(code, []).append(time.time())


def enter(name):
    global phase
    with tally:
        phase = name
    say("-- " + name)


def count(name, code):
    with tally:
        return len(answers.get(name, {}).get(code, []))


def sql(text, port=None):
    result = subprocess.run(["psql", "-qAtX", "-h", "127.0.0.1", "-p", str(port or options.port), "-U", "postgres", "-d", "passerelle", "-c", text],
                            capture_output=True, text=True, timeout=90, env={**os.environ, "PGCONNECT_TIMEOUT": "30", "PGOPTIONS": "-c search_path=passerelle"})
    return result.stdout.strip()


def until(seconds, holds):
    start = time.time()
    while time.time() < start + seconds:
        if holds():
            return time.time() - start
        time.sleep(0.05)
    return None


def cluster(*words):
    subprocess.run([str(here / "cluster.sh"), words[0], str(database), *words[1:]], check=True, stdout=subprocess.DEVNULL)


def shares(port=None):
    return sql("SELECT count(*) FILTER (WHERE owner IS NULL), count(DISTINCT owner) FROM shard", port)


def spread(n, port=None):
    text = sql("SELECT count(*) FROM shard GROUP BY owner", port).split()
    return len(text) == n and all(abs(int(x) - 256 / n) <= 1.5 for x in text)


def kill_one():
    enter("kill -9")
    # On a machine that others use too, a figure counts when one of three tries shows it.
    for victim in gateways[1], gateways[2], gateways[0]:
        node = sql(f"SELECT max(id) FROM gateway WHERE node = 'g{victim.number}'")
        victim.process.kill()
        victim.process.wait()
        # What the dead one held is held by others, and what it was sending is not `active` any more.
        took = until(60, lambda: sql(f"SELECT count(*) FROM gateway WHERE id = {node}") == "0" and shares() == "0|2")
        if took is None:
            break
        check(sql(f"SELECT count(*) FROM message WHERE state = 0 AND home = {node}") == "0", "its undecided messages are another's")
        time.sleep(2)
        victim.start()
        check(until(60, lambda: spread(3)) is not None, "back, it takes its third of the shards")
        if took <= 5:
            break
        say(f"a dead gateway's shards were taken over after {took:.1f} s")
    check(took is not None and took <= 5, f"a dead gateway's shards are taken over within 5 s: {took and round(took, 1)} s")


def pause_one():
    enter("pause past the lease")
    victim = gateways[2]
    node = sql(f"SELECT max(id) FROM gateway WHERE node = 'g{victim.number}'")
    victim.process.send_signal(signal.SIGSTOP)
    took = until(LEASE + 60, lambda: sql(f"SELECT count(*) FROM gateway WHERE id = {node}") == "0" and shares() == "0|2")
    check(took is not None and took > LEASE - 2, f"a paused gateway loses its shards once its lease has run out: {took and round(took, 1)} s")
    time.sleep(1)
    before = len(sink.arrived)
    victim.process.send_signal(signal.SIGCONT)
    check(until(60, lambda: spread(3)) is not None and victim.process.poll() is None, "it goes on, as a new one, with its third of the shards")
    check(len(sink.arrived) > before, "deliveries go on")


def roll():
    enter("rolling restart")
    for gateway in gateways:
        gateway.process.terminate()
        gateway.process.wait(120)
        gateway.start()
        until(60, lambda: spread(3))
    check(count("rolling restart", "AE") == 0 and count("rolling restart", "AR") == 0,
          f"no message is refused: {count('rolling restart', 'AA')} AA, {count('rolling restart', 'AR')} AR, {count('rolling restart', 'AE')} AE")


def fail_over():
    enter("fail-over of the database")
    cluster("kill")
    dead = time.time()
    time.sleep(13)

    def since():
        """What was heard, by code, since the database died; a client may read an answer some time after it was written."""
        with tally:
            return {code: [t for t in times if t > dead + 2] for code, times in answers[phase].items()}

    until(60, lambda: since().get("AR"))
    while_away = since()
    check(not while_away.get("AA") and not while_away.get("AE"), "while the database is away nobody hears AA or AE: "
          + ", ".join(f"{len(t)} {c}" for c, t in while_away.items()))
    check(len(while_away.get("AR", [])) > 0, "they hear AR")
    # (It could not start again: the promise of fail-over rests until there is a standby.)
    told, victim = time.time(), gateways.pop()
    victim.process.terminate()
    try:
        code = victim.process.wait(60)
    except subprocess.TimeoutExpired:
        code = None
        victim.process.kill()
        victim.process.wait()
    check(code == 0, f"one that is told to stop meanwhile ends: code {code} after {time.time() - told:.1f} s")
    cluster("promote")
    promoted = time.time()
    back = until(120, lambda: any(t > promoted for t in answers[phase].get("AA", [])))
    check(back is not None, f"after the promotion they hear AA again: {back and round(back, 1)} s")
    check(until(90, lambda: spread(2, options.port + 1)) is not None, "the two others work again")
    check(count(phase, "AE") == 0, "no AE")
    check(all(g.process.poll() is None for g in gateways), "no gateway has ended")


def tell_where():
    """What the journal says of messages that nobody planned: whose they are, and which stands first in its key."""
    port = options.port + 1
    say("gateways: " + sql("SELECT string_agg(id || ' ' || node, ', ') FROM gateway", port))
    for line in sql("""SELECT 'home ' || home || ', parked ' || parked || ', verdict ' || coalesce(verdict, 'none') || ': ' || count(*)
                       FROM message WHERE state = 0 GROUP BY home, parked, verdict""", port).splitlines():
        say("undecided: " + line)
    for line in sql("""SELECT DISTINCT ON (planning) control || ', seq ' || seq || ', home ' || home || ', parked ' || parked || ', verdict '
                       || coalesce(verdict, 'none') FROM message WHERE state = 0 ORDER BY planning, seq LIMIT 20""", port).splitlines():
        say("first of its key: " + line)
    for line in sql("""SELECT m.control || ', seq ' || m.seq || ', state ' || d.state || ', ready ' || d.ready || ', attempt ' || d.attempt || ', shard '
                       || d.shard || ' of ' || coalesce(s.owner, 0) || ', lane ' || d.lane FROM delivery d JOIN message m ON m.seq = d.id >> 12
                       JOIN shard s ON s.id = d.shard WHERE d.state < 5 ORDER BY d.id LIMIT 20""", port).splitlines():
        say("open: " + line)
    for line in sql("""SELECT a.seq || ': ' || string_agg(a.what, ' ' ORDER BY a.n) FROM audit a WHERE a.seq IN (SELECT DISTINCT ON (planning) seq FROM message
                       WHERE state = 0 ORDER BY planning, seq LIMIT 20) GROUP BY a.seq""", port).splitlines():
        say("audit: " + line)


def settle():
    enter("end")
    stopping.set()
    for client in clients:
        client.join(60)
    wanted = set(acknowledged)
    arrives = lambda: wanted <= {c for c, _ in list(sink.arrived)}
    arrived = until(10, arrives)
    if arrived is None:
        tell_where()
        arrived = until(110, arrives)
    lost = wanted - {c for c, _ in sink.arrived}
    check(arrived is not None, f"nothing acknowledged is lost: {len(wanted)} acknowledged, {len(lost)} missing {sorted(lost)[:5]}, "
          f"the last after {arrived and round(arrived, 1)} s")
    check(len(wanted) > 300, f"the load is large enough: {len(wanted)}")
    latest, first, repeats, late = {}, set(), 0, []
    for control, _ in sink.arrived:
        patient, _, n = control.partition("-")
        if control in first:
            repeats += 1
            if int(n) < latest[patient]:
                late.append(control)
        else:
            if int(n) < latest.get(patient, 0):
                failures.append(f"{control} after {latest[patient]}")
            first.add(control)
            latest[patient] = max(latest.get(patient, 0), int(n))
    check(not any(" after " in f for f in failures), f"order is kept in each lane: {len(latest)} lanes")
    check(len(late) == 0, f"no repeat comes after a later message ({repeats} repeats of attempts that ended unknown) {late[:5]}")
    open_ = sql("SELECT count(*) FROM delivery WHERE state < 5", options.port + 1)
    check(open_ == "0", f"nothing is left open: {open_}")


def as_server(*command):
    """Runs a command as the servers' user."""
    prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
    # A script of ours is handed over as text: that user may not be allowed into this folder.
    ours = str(command[0]).endswith(".sh")
    words = (["bash", "-s", "--"] if ours else [str(command[0])]) + [str(c) for c in command[1:]]
    with open(command[0] if ours else os.devnull) as text:
        subprocess.run(prefix + words, check=True, stdin=text, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


def back_up():
    enter("backup and restore")
    copy, restored, third = database / "backup", database / "restored", options.port + 2
    as_server(here / "backup.sh", copy, "-h", "127.0.0.1", "-p", options.port + 1, "-U", "passerelle_backup")
    question = "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM delivery), (SELECT count(*) FROM audit), (SELECT value FROM meta WHERE name = 'secret')"
    wanted = sql(question, options.port + 1)
    as_server(here / "restore.sh", copy, restored, third)
    try:
        check(sql(question, third) == wanted, f"a backup made while gateways work comes back whole: {wanted.split('|')[0]} messages")
    finally:
        pg_ctl = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
        as_server(pg_ctl, "-D", restored, "-m", "immediate", "stop")


def refuse_unsafe():
    enter("a server that does not write safely")
    for gateway in gateways:
        gateway.process.terminate()
        gateway.process.wait(120)
    sql("ALTER SYSTEM SET fsync = off", options.port + 1)
    sql("SELECT pg_reload_conf()", options.port + 1)
    until(60, lambda: sql("SHOW fsync", options.port + 1) == "off")
    end = subprocess.run([options.binary, "serve", "--config", str(gateways[0].folder)], capture_output=True, text=True, timeout=120)
    check(end.returncode == 2 and "fsync" in end.stderr, "fsync = off: the gateway refuses to start")
    sql("ALTER SYSTEM RESET fsync", options.port + 1)
    sql("SELECT pg_reload_conf()", options.port + 1)
    until(60, lambda: sql("SHOW fsync", options.port + 1) == "on")
    end = subprocess.run([options.binary, "serve", "--config", str(gateways[0].folder)], capture_output=True, text=True, timeout=120)
    check(end.returncode == 2 and "synchronous_standby_names" in end.stderr, "fail-over promised and no synchronous standby: it refuses to start")


began = time.time()
work = pathlib.Path(tempfile.mkdtemp(prefix="passerelle-trial-"))
database = pathlib.Path(tempfile.mkdtemp(prefix="passerelle-postgres-", dir="/var/tmp")) / "cluster"
os.chmod(database.parent, 0o755)
sink, gateways, clients = Sink(), [], []
threading.Thread(target=sink.serve_forever, daemon=True).start()
try:
    cluster("start", str(options.port), "--standby", str(options.port + 1))
    subprocess.run(["psql", "-qX", "-h", "127.0.0.1", "-p", str(options.port), "-U", "postgres", "-d", "passerelle", "-v", "ON_ERROR_STOP=1",
                    "-f", str(here / "roles.sql")], check=True, stdout=subprocess.DEVNULL)
    (work / "Routes" / "facilities").mkdir(parents=True)
    (work / "tables").mkdir()
    (work / "Routes" / "movements.yaml").write_text("""route: movements
about: {fr: Mouvements, en: Movements}
from: mllp-in
when: {MSH-9.1: {equals: ADT}}
order: {by: patient}
to:
  - {id: sink, send: sink}
""")
    (work / "Routes" / "facilities" / "ch.yaml").write_text("""facility: ch
name: CH
environment: test
finess: {ej: "990000028", geo: "990000010"}
identifiers: {ipp: 1.2.250.1.999.7.1, nda: 1.2.250.1.999.7.2}
partners:
  - {application: DPI, facility: CH, listener: mllp-in}
routes: {movements: {}}
""")
    for number in (1, 2, 3):
        gateways.append(Gateway(number))
    subprocess.run([options.binary, "journal", "migrate", "--config", str(gateways[0].folder)], check=True)
    for gateway in gateways:
        gateway.start()
    check(until(60, lambda: spread(3)) is not None, "three gateways share the shards")
    clients = [Client(n) for n in range(6)]
    for client in clients:
        client.start()
    enter("load")
    time.sleep(6)
    until(54, lambda: count("load", "AA") > 50)
    check(count("load", "AA") > 50 and count("load", "AE") == 0, f"load: {count('load', 'AA')} AA, {count('load', 'AE')} AE, {count('load', 'AR')} AR")
    kill_one()
    pause_one()
    roll()
    fail_over()
    settle()
    back_up()
    refuse_unsafe()
finally:
    stopping.set()
    for gateway in gateways:
        if gateway.process and gateway.process.poll() is None:
            gateway.process.send_signal(signal.SIGCONT)
            gateway.process.kill()
            gateway.process.wait()
    cluster("stop")
    shutil.rmtree(database.parent, ignore_errors=True)
    if options.keep or failures:
        say(f"logs are in {work}")
    else:
        shutil.rmtree(work)
say("everything was kept" if not failures else f"{len(failures)} promises broken")
sys.exit(1 if failures else 0)
