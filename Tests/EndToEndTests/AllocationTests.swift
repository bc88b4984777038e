import Foundation
import Testing

@Suite("Heap allocations of the hot path", .serialized)
struct AllocationTests {
    private struct Thresholds: Decodable {
        let release: Double, debug: Double
    }

    @Test("a message from its first byte to its settlement takes no more allocations than the threshold in the repository says")
    func perMessage() throws {
        let fixtures = Workspace.root.appendingPathComponent("Tests/Fixtures/allocations")
        let thresholds = try JSONDecoder().decode(Thresholds.self, from: try Data(contentsOf: fixtures.appendingPathComponent("thresholds.json")))
        let workspace = try Workspace("allocations")
        try workspace.run("/usr/bin/cc", ["-O2", "-shared", "-fPIC", "-o", workspace.path("count.so"), fixtures.appendingPathComponent("count.c").path])
        let port = freePort()
        try configure(workspace, port)
        let gateway = try workspace.start(
            "gateway", "/usr/bin/env",
            [
                "LD_PRELOAD=" + workspace.path("count.so"), "ALLOCATION_COUNT=" + workspace.path("count"), Workspace.binary, "serve", "--log", "warning",
                "--config", workspace.path("passerelle.yaml"),
            ])
        defer { Workspace.stop(gateway) }
        guard eventually(60, { !gateway.isRunning || MLLPPeer(port: port) != nil }), gateway.isRunning else {
            throw Failure("the gateway did not start:\n" + workspace.text("gateway.log"))
        }
        #expect(send(200, from: 16, to: port, "W") == 3200, "warms caches and statements; not counted")
        let before = settled(workspace)
        #expect(before > 10_000, "the counter counts")
        #expect(send(500, from: 16, to: port, "M") == 8000)
        let each = Double(settled(workspace) - before) / 8000
        let isDebug = Workspace.binary.contains("/debug/")
        print("allocations per message: \(each.rounded()) (\(isDebug ? "debug" : "release"))")
        #expect(each <= (isDebug ? thresholds.debug : thresholds.release))
        #expect(each > 1, "a message without any allocation would mean that nothing was counted")
    }

    /// The counter once nothing moves any more: what beats by itself allocates a little.
    private func settled(_ workspace: Workspace) -> UInt64 {
        var last = count(workspace)
        for _ in 0..<100 {
            usleep(300_000)
            let now = count(workspace)
            if now - last < 300 { return now }
            last = now
        }
        return last
    }

    private func count(_ workspace: Workspace) -> UInt64 {
        workspace.read("count").withUnsafeBytes { $0.count >= 8 ? $0.loadUnaligned(as: UInt64.self) : 0 }
    }

    /// Messages from several links at once; how many were answered AA.
    private func send(_ messages: Int, from links: Int, to port: Int, _ prefix: String) -> Int {
        let padding = String(repeating: "NK1|1|EXEMPLE^PROCHE|SPO^Conjoint^HL70063|5 RUE DU MODELE^^VILLE-TEST^^99000^FRA^H|0102030405\r", count: 18)
        let taken = Taken()
        DispatchQueue.concurrentPerform(iterations: links) { link in
            guard let peer = MLLPPeer(port: port) else { return }
            for number in 0..<messages {
                let patient = (link * messages + number) % 1000
                let text =
                    "MSH|^~\\&|DPI-DEMO|CH-DEMO|PFI|CH|20260115103012||ADT^A03^ADT_A03|\(prefix)\(link)-\(number)|P|2.5|||||FRA|UNICODE UTF-8\r"
                    + "EVN||20260115103012\rPID|1||\(700_000 + patient)^^^CH-DEMO&1.2.250.1.999.7.1&ISO^PI||EXEMPLE-ALPHA^CAMILLE\r" + padding
                if MLLPPeer.code(peer.exchange(Array(text.utf8))) == "AA" { taken.add() }
            }
        }
        return taken.count
    }

    /// A counter behind a lock.
    private final class Taken: @unchecked Sendable {
        private let lock = NSLock()
        private var number = 0
        func add() { lock.withLock { number += 1 } }
        var count: Int { lock.withLock { number } }
    }

    private func configure(_ workspace: Workspace, _ port: Int) throws {
        try workspace.write(
            "passerelle.yaml",
            """
            node: essai-1
            environment: test
            journal: {sqlite: {directory: \(workspace.path("journal"))}}
            listeners: {mllp-in: {mllp: {host: 127.0.0.1, port: \(port)}}}
            senders: {nowhere: {"null": {}}}
            lps: {name: Passerelle, version: 0.1.0}
            routes: \(workspace.path("routes"))
            facilities: \(workspace.path("facilities"))
            tables: \(Workspace.root.path)/Mappings/tables
            socket: \(workspace.path("p.sock"))
            """)
        try workspace.write(
            "routes/adt.yaml",
            """
            route: adt
            about: {fr: Essai, en: Trial}
            from: mllp-in
            when: {MSH-9.1: {equals: ADT}}
            do:
              - set: {path: MSH-6, to: ESSAI}
            to:
              - {id: nowhere, send: nowhere}
            """)
        try workspace.write(
            "facilities/clinique.yaml",
            """
            facility: clinique
            name: Clinique d'essai
            environment: test
            finess: {ej: "990000028", geo: "990000010"}
            identifiers: {ipp: 1.2.250.1.999.7.1}
            partners:
              - {application: DPI-DEMO, facility: CH-DEMO, listener: mllp-in}
            routes:
              adt: {}
            """)
    }
}
