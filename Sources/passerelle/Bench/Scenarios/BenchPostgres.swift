import ArgumentParser
import Foundation  // Process
import JournalPostgres

/// `passerelle bench postgres`: gateways that share a journal in PostgreSQL, beside what pgbench reaches there with the same statements.
struct BenchPostgres: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "postgres",
        abstract: Say.text(
            fr: "Le journal dans PostgreSQL : pgbench, une passerelle, deux passerelles.", en: "The journal in PostgreSQL: pgbench, one gateway, two gateways."),
        discussion: Say.text(
            fr: """
                Il faut un serveur, et pgbench (paquet postgresql). Le rôle de --server crée et supprime des bases. Un serveur d'essai :
                  Deploy/postgres/cluster.sh start /var/tmp/essai 25440 ; … ; Deploy/postgres/cluster.sh stop /var/tmp/essai
                """,
            en: """
                It takes a server, and pgbench (package postgresql). The role of --server makes and drops databases. A server for trials:
                  Deploy/postgres/cluster.sh start /var/tmp/trial 25440; …; Deploy/postgres/cluster.sh stop /var/tmp/trial
                """))
    @OptionGroup var options: BenchOptions
    @Option(help: help(fr: "Le serveur : « host=127.0.0.1 port=25440 user=postgres ».", en: "The server: \"host=127.0.0.1 port=25440 user=postgres\"."))
    var server: String
    @Option(help: help(fr: "Messages par transaction de pgbench.", en: "Messages in a transaction of pgbench.")) var group = 64
    @Option(help: help(fr: "Connexions vers le destinataire, par passerelle.", en: "Connections to the far end, of each gateway.")) var connections = 16

    func measure(_ run: BenchRun) async throws {
        run.report.begin(Machine.description)
        run.report.add("fdatasync", BenchBaseline.medianSync(in: run.path), "ms")
        run.report.begin("pgbench, \(PostgresBenchScript.clients) clients, groups of \(group)")
        let base = try pgbench(run)
        run.report.add("life", base, "/s")
        try await one(run, base)
        try await two(run, base)
    }

    /// A node file's `journal:` for the database.
    private func journal(_ database: BenchDatabase) -> String {
        let connection = database.settings.connection
        func value(_ name: String) -> String { connection[name] ?? "" }
        return """
            {postgres: {host: "\(value("host"))", port: "\(connection["port"] ?? "5432")", database: "\(value("dbname"))", user: "\(value("user"))", \
            tls: \(connection["sslmode"] ?? "disable"), failover: false}}
            """
    }

    private func database(_ use: String) throws -> BenchDatabase { try BenchDatabase(on: server, name: "passerelle_bench_\(getpid())_\(use)") }

    // MARK: pgbench

    /// Whole lives of messages a second.
    private func pgbench(_ run: BenchRun) throws -> Double {
        let database = try database("pgbench")
        defer { try? database.drop() }
        try database.populate(gateways: PostgresBenchScript.clients)
        let script = run.path + "/lives.sql"
        try PostgresBenchScript.script(group: group).write(toFile: script, atomically: false, encoding: .utf8)
        let process = Process(), output = Pipe(), complaints = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let clients = String(PostgresBenchScript.clients)
        let defined = PostgresBenchScript.variables(size: BenchMessages.adt(patient: 0).count).flatMap { ["-D", $0] }
        let connection = database.settings.connection.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        process.arguments =
            ["pgbench", "-n", "-M", "prepared", "-c", clients, "-j", clients, "-T", String(Int(max(options.seconds, 1))), "-f", script] + defined + [connection]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "PGOPTIONS": PostgresBenchScript.options(schema: database.settings.schema), "LC_ALL": "C",
        ]) { $1 }
        (process.standardOutput, process.standardError) = (output, complaints)
        try Self.start(process)
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: complaints.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let line = text.split(separator: "\n").first { $0.hasPrefix("tps = ") }
        guard process.terminationStatus == 0, let rate = line?.dropFirst(6).split(separator: " ").first.flatMap({ Double($0) }) else {
            throw BenchFailure(text: "pgbench: " + (complaint + text).prefix(2000))
        }
        return rate * Double(group)
    }

    /// A child has the signal mask of the thread that starts it, and those of Swift's pool block nearly all: pgbench would never hear its alarm clock.
    private static func start(_ process: Process) throws {
        var none = sigset_t(), mask = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &mask)
        defer { pthread_sigmask(SIG_SETMASK, &mask, nil) }
        try process.run()
    }

    // MARK: Gateways

    private func one(_ run: BenchRun, _ base: Double) async throws {
        let database = try database("one")
        defer { try? database.drop() }
        var setup = run.setup
        setup.journal = journal(database)
        let node = try run.node(setup)
        defer { node.stop() }
        run.report.begin("one gateway, closed loop, \(options.links) links")
        _ = await run.load([node], BenchMessages.adts(), seconds: 1)
        let before = try await node.counts().settled, start = Uptime.now
        let result = await run.load([node], BenchMessages.adts(), seconds: options.seconds)
        let counts = try await node.counts()
        run.report.add("life", Double(counts.settled - before) * 1e9 / Double(Uptime.now - start), "/s", per: "pgbench", base, .atLeast(0.5))
        for one in result { run.report.add(one) }
        run.report.add("backlog_end", Double(counts.open), "")
    }

    private func two(_ run: BenchRun, _ base: Double) async throws {
        let far = try Sink(.mllp)
        defer { far.close() }
        let database = try database("two")
        defer { try? database.drop() }
        var setup = run.setup
        setup.journal = journal(database)
        setup.senders = ["far": far.sender(connections: connections)]
        setup.sender = "far"
        let nodes = [try run.node(setup), try run.node(setup)]
        defer { for node in nodes { node.stop() } }
        // Until they have shared out the work.
        try await Task.sleep(for: .seconds(4))
        run.report.begin("end to end, two gateways, closed loop, \(options.links) links")
        _ = await run.load(nodes, BenchMessages.adts(), seconds: 2)
        let closed = await load(run, nodes, far, rate: nil)
        run.report.add("delivered", closed.delivered, "/s", .atLeast(2000))
        run.report.add("of_pgbench", closed.delivered, "/s", per: "pgbench", base)
        run.report.add(closed)
        let sustained = try await Sustained.most(below: closed.rate, settle: { try await BenchEndToEnd.settle(nodes[0]) }) {
            await load(run, nodes, far, rate: $0)
        }
        run.report.begin("end to end, two gateways, sustained, open loop at \(Int(sustained.rate))/s")
        run.report.add("delivered", sustained.delivered, "/s", per: "pgbench", base)
        run.report.add(sustained)
    }

    /// Either of the gateways tells what the whole journal holds open.
    private func load(_ run: BenchRun, _ nodes: [BenchNode], _ far: Sink, rate: Double?) async -> Sustained {
        let watch = BacklogWatch(node: nodes[0], far: far, every: max(options.seconds / 20, 0.5))
        let results = await run.load(nodes, BenchMessages.adts(), seconds: options.seconds, rate: rate)
        return Sustained(results, await watch.stop(), after: 1)
    }
}
