import Foundation
import Logging
import Pipeline
import Sandbox
import Synchronization
import Testing
import Trust
import Wire

@testable import Connectors

/// The real sender over real HTTPS with the stand-in DMP, which shares no code with it and is strict about what it takes.
@Suite("The DMP sender with the stand-in DMP", .serialized)
struct DMPSandboxTests {
    /// What a test works with.
    struct Stage {
        let dmp: Int
        let control: Int
        let output: String

        /// One whose patience ends soon.
        func hasty() throws -> DMPSender { try sender(["timeout": .duration(.seconds(5))]) }

        func sender(
            _ fields: [String: Fields.Value] = [:], homologation: String = "NUMERO-FICTIF\n", _ change: (inout Facility) -> Void = { _ in }
        ) throws -> DMPSender {
            var bench = [String: Fields.Value]()
            bench["url"] = .text("https://localhost:\(dmp)/si-dmp-server/v2/services")
            bench["trust"] = .text("igc")
            bench["timeout"] = .duration(.seconds(60))
            return try DMPBench("oru-initial", [], bench.merging(fields) { _, mine in mine }, homologation: homologation, facility: change).sender
        }

        /// Orders a failure of the next request.
        func order(_ json: String) {
            let outcome = HTTPClient(tls: nil).perform(HTTPRequest(.post, "http://127.0.0.1:\(control)/fault", body: [.text(json)]))
            guard case .answered(let response) = outcome, response.status == 200 else {
                Issue.record("\(outcome)")
                return
            }
        }

        /// What the stand-in wrote of its last request.
        func last() throws -> String {
            let numbers = try FileManager.default.contentsOfDirectory(atPath: output + "/dmp").compactMap(Int.init).sorted()
            return try String(contentsOfFile: "\(output)/dmp/\(#require(numbers.last))/outcome.json", encoding: .utf8)
        }
    }

    private func withSandbox(minutesAhead: Int64 = 0, _ body: (Stage) async throws -> Void) async throws {
        let output = NSTemporaryDirectory() + "dmp-sandbox-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let pki = DMPBench.pki
        let tls = SandboxConfig.TLS(
            certificate: pki + "/dmp/server.chain.pem", key: pki + "/dmp/server.key", authorities: pki + "/igc/ca.pem", revocationLists: pki + "/igc/ca.crl")
        let dmp = SandboxConfig.DMP(
            tls: tls, homologations: ["NUMERO-FICTIF"], structures: ["1750999990": ["1990000010"]], closed: ["155089999900147"])
        let config = SandboxConfig(
            output: output, schemas: DMPBench.repository + "/Mappings/schemas", tables: DMPBench.repository + "/Mappings/tables", dmp: dmp,
            control: .init())
        let server = SandboxServer(config, log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })) {
            Int64(Date().timeIntervalSince1970) + minutesAhead * 60
        }
        try await server.start()
        do {
            let ports = server.ports
            try await body(Stage(dmp: #require(ports.dmp), control: #require(ports.control), output: output))
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// A delivery of a composed message; `facts` and `wasUnknown` are carried on by the test.
    private func deliver(_ sender: DMPSender, _ delivery: inout Delivery, _ bytes: [UInt8]) async -> Outcome {
        let recorded = Mutex<[String: String]>([:])
        let attempt = Attempt(
            time: Instant(milliseconds: 0), record: { facts throws(JournalError) in recorded.withLock { $0.merge(facts) { _, new in new } } },
            bytes: { () throws(JournalError) in bytes })
        let outcome = await sender.deliver(delivery, attempt)
        delivery.facts.merge(recorded.withLock { $0 }) { _, new in new }
        delivery.attempt += 1
        if case .unknown = outcome { delivery.wasUnknown = true }
        return outcome
    }

    private func deliver(_ message: String, _ number: UInt64, _ sender: DMPSender) async throws -> Outcome {
        let bench = try DMPBench(message, [], key: Key128(high: 1, low: number))
        var delivery = bench.delivery
        return await deliver(sender, &delivery, bench.bytes)
    }

    @Test("first sendings, replacement, visibility change, deletion of what was sent: each is taken")
    func life() async throws {
        try await withSandbox { stage in
            let sender = try stage.sender()
            let names = [
                "oru-initial", "oru-replacement", "mdm-initial", "mdm-replacement", "mdm-visibility", "oru-two-documents", "mdm-deletion", "oru-deletion",
            ]
            for (number, name) in names.enumerated() {
                let outcome = try await deliver(name, UInt64(number), sender)
                #expect(word(outcome) == "delivered Success", "\(name): \(outcome) \((try? stage.last()) ?? "")")
            }
        }
    }

    @Test("a closed DMP is refused with its code; a replacement of what nobody sent too")
    func refused() async throws {
        try await withSandbox { stage in
            let sender = try stage.sender()
            #expect(word(try await deliver("oru-dmp-closed", 1, sender)) == "refused DMPClosed")
            #expect(word(try await deliver("mdm-replacement", 2, sender)) == "refused DMP_DOCUMENT_INCONNU")
        }
    }

    @Test(
        "no answer after storing, in every manner: unknown, then the same lot is known to be stored",
        arguments: ["timeout-after-store", "cut-after-store", "broken-mime"])
    func storedWithoutAnswer(_ kind: String) async throws {
        try await withSandbox { stage in
            let sender = try stage.sender(), first = kind.hasPrefix("timeout") ? try stage.hasty() : sender
            stage.order("{\"kind\": \"\(kind)\"}")
            let bench = try DMPBench("oru-initial", [])
            var delivery = bench.delivery
            let outcome = await deliver(first, &delivery, bench.bytes)
            #expect(word(outcome).hasPrefix("unknown"), "\(outcome)")
            let second = await deliver(sender, &delivery, bench.bytes)
            #expect(word(second) == "delivered XDSDuplicateUniqueIdInRegistry", "\(second)")
        }
    }

    @Test("nothing stored: unknown or deferred, then Success", arguments: ["timeout-before-store", "cut-before-store", "503", "busy"])
    func nothingStored(_ kind: String) async throws {
        try await withSandbox { stage in
            let sender = try stage.sender(), first = kind.hasPrefix("timeout") ? try stage.hasty() : sender
            stage.order("{\"kind\": \"\(kind)\"}")
            let bench = try DMPBench("oru-initial", [])
            var delivery = bench.delivery
            let outcome = await deliver(first, &delivery, bench.bytes)
            #expect(word(outcome).hasPrefix(kind.hasSuffix("store") ? "unknown" : "deferred P0500"), "\(outcome)")
            #expect(word(await deliver(sender, &delivery, bench.bytes)) == "delivered Success")
        }
    }

    @Test("our set-up: another structure's seal, an expired seal, an unknown homologation number halt the structure")
    func setup() async throws {
        try await withSandbox { stage in
            for name in ["sign-other", "sign-expired", "sign-revoked"] {
                let path = "\(DMPBench.pki)/igc/\(name)"
                let sender = try stage.sender { facility in
                    facility.identities["sign"] = IdentityReference(certificate: .file(path + ".chain.pem"), key: .file(path + ".key"))
                }
                let outcome = try await deliver("oru-initial", 1, sender)
                #expect(word(outcome).hasPrefix("halted dmp-national/clinique"), "\(name): \(outcome)")
            }
            let path = "\(DMPBench.pki)/igc/auth-expired"
            let sender = try stage.sender { facility in
                facility.identities["auth"] = IdentityReference(certificate: .file(path + ".chain.pem"), key: .file(path + ".key"))
            }
            let outcome = try await deliver("oru-initial", 1, sender)
            #expect(word(outcome).hasPrefix("halted"), "\(outcome)")
        }
    }

    @Test("clocks that differ: named as such; a number of homologation that the DMP does not know halts too; a second role that lacks is held")
    func named() async throws {
        try await withSandbox(minutesAhead: 30) { stage in
            let outcome = try await deliver("oru-initial", 1, try stage.sender())
            guard case .halted(_, let reason) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(reason.text.en.hasPrefix("The VIHF is refused because of the clock"))
        }
        try await withSandbox { stage in
            let lonely = try stage.sender { $0.professionals = ["810098765430": Professional(role: "10", specialty: nil)] }
            #expect(word(try await deliver("oru-initial", 1, lonely)) == "held exploitation InvalidSecurityToken")
            let outcome = try await deliver("oru-initial", 2, try stage.sender(homologation: "AUTRE"))
            #expect(word(outcome).hasPrefix("halted"), "\(outcome)")
        }
    }

    @Test("nobody there: deferred, and the far end rests")
    func away() async throws {
        let sender = try Stage(dmp: 1, control: 1, output: "").sender()
        #expect(word(try await deliver("oru-initial", 1, sender)) == "deferred P0500")
        #expect(await sender.probe()?.code == "P0500")
    }
}
