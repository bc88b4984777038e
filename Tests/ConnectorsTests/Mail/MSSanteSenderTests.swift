import Clinical
import Foundation
import France
import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import Connectors

/// Against a real Postfix.
@Suite("mssante: one mail through the operator", .enabled(if: MailStand.shared != nil, "needs the stand-in operator"))
struct MSSanteSenderTests {
    var bench: MailBench

    init() throws { bench = try MailBench(#require(MailStand.shared)) }

    @Test("250 after DATA is delivered, facts are recorded before, the mail arrives byte for byte as it was built")
    func delivered() async throws {
        let (delivery, bytes) = try bench.delivery(to: "medecin")
        let sender = try bench.sender()
        guard case .delivered(let proof) = await sender.deliver(delivery, bench.attempt(bytes)) else {
            Issue.record("not delivered")
            return
        }
        #expect(proof.answer.hasPrefix("250") && proof.reportAwaited)
        let facts = bench.recorded.facts.withLock { $0 }
        #expect(facts["digest"] == proof.facts["digest"] && facts["envid"] == "gw-\(delivery.key.base32().lowercased())")
        let tokens = sender.tokens(delivery.key, delivery.message, delivery.part)
        #expect(tokens == [Token(kind: "envid", value: facts["envid"] ?? ""), Token(kind: "message-id", value: facts["message-id"] ?? "")])
        let session = try bench.imap("medecin", password: "essai")
        let received = try #require(try bench.mail(in: session, "HEADER Message-ID \(facts["message-id"] ?? "")"))
        let built = try #require(try? sender.composition.compose(delivery, bytes).get()).mail.pieces.flatMap(\.self)
        let body = try #require(received.firstRange(of: Array("Date: ".utf8)))
        #expect(Array(received[body.lowerBound...]) == built)
        #expect(try ReadMail(received).header("X-MSS-INS") == "O")
    }

    @Test(
        "replies of the operator: 5xx refused with the code of Z02, 4xx and 421 later",
        arguments: [("refuse550", "550"), ("refuse552", "552"), ("refuse554", "541"), ("inconnu", "550")])
    func refused(_ local: String, _ code: String) async throws {
        guard case .refused(let reason) = try await bench.outcome(to: local) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.business?.system == "SMTPERRORCODE")
        #expect(reason.business?.code == code || local == "refuse554" && reason.business?.code == "554")
        #expect(!"\(reason.text)".contains(local), "no address in a text that is logged")
    }

    @Test("4xx is later, and proves that nothing was stored", arguments: ["refuse450", "refuse451", "coupe421"])
    func deferred(_ local: String) async throws {
        guard case .deferred(let reason, _, true) = try await bench.outcome(to: local) else {
            Issue.record("not deferred")
            return
        }
        #expect((reason.code == Reasons.farEndAwayCode) == (local == "coupe421"))
    }

    @Test("a domain that is not on the white list is refused with 541, and nobody is called (mssante-xdm cases 3, 4)")
    func whiteList() async throws {
        var bench = bench
        bench.setOperator(smtp: 1)
        guard case .refused(let reason) = try await bench.outcome(to: "a", domain: "essai.mssante.example.evil.example") else {
            Issue.record("not refused")
            return
        }
        #expect(reason.business?.code == "541")
    }

    @Test(
        "a refused certificate or a sender that is not its own halts the mailbox, refuses nobody's letter (cases 12, 16)",
        arguments: ["expired", "stranger", "labo"])
    func halted(_ identity: String) async throws {
        var bench = bench
        bench.setIdentity(identity)
        guard case .halted(let scope, let reason) = try await bench.outcome(to: "medecin") else {
            Issue.record("not halted")
            return
        }
        #expect(scope == "mssante/pfi@essai.mssante.example" && reason.code == "P0649")
        #expect(reason.business == nil)
    }

    @Test("an operator that is away is later, with the code that rests the sender")
    func away() async throws {
        var bench = bench
        bench.setOperator(smtp: 1)
        guard case .deferred(let reason, _, true) = try await bench.outcome(to: "medecin") else {
            Issue.record("not deferred")
            return
        }
        #expect(reason.code == Reasons.farEndAwayCode)
        #expect(await (try bench.sender()).probe()?.code == Reasons.farEndAwayCode)
        bench.setOperator(smtp: bench.stand.port("OPERATOR_SMTP"))
        #expect(await (try bench.sender()).probe() == nil)
        #expect(try bench.sender().remark?.en.hasPrefix("white list: 1 domains, ") == true)
    }

    @Test("lost after the final dot: unknown; then the same bytes again, and never other ones (case 20)")
    func unknown() async throws {
        let server = try RudeServer("\(bench.stand.pki)/mss", "cut")
        var rude = bench
        rude.setOperator(smtp: server.port)
        let (first, bytes) = try rude.delivery(to: "medecin")
        var delivery = first
        guard case .unknown(let reason) = await (try rude.sender()).deliver(delivery, rude.attempt(bytes)) else {
            Issue.record("not unknown")
            return
        }
        #expect(reason.code == "P0650")
        delivery.wasUnknown = true
        delivery.facts = rude.recorded.facts.withLock { $0 }
        guard case .delivered(let proof) = await (try bench.sender()).deliver(delivery, bench.attempt(bytes)) else {
            Issue.record("not delivered")
            return
        }
        #expect(proof.facts["digest"] == delivery.facts["digest"])
        delivery.facts["digest"] = "other"
        guard case .held = await (try bench.sender()).deliver(delivery, bench.attempt(bytes)) else {
            Issue.record("other bytes were sent after an unknown attempt")
            return
        }
    }

    @Test("what our own rules refuse after an unknown is held: the mail may have been taken")
    func gateAfterUnknown() async throws {
        var (delivery, bytes) = try bench.delivery(to: "medecin")
        delivery.wasUnknown = true
        delivery.facts = ["digest": "former"]
        let sender = try bench.sender(["size": .integer(1000)])
        guard case .held(let reason, _) = await sender.deliver(delivery, bench.attempt(bytes)) else {
            Issue.record("not held")
            return
        }
        #expect(reason.business?.code == "523")
    }

    @Test("the operator's own limit and ours are 523 before anything is sent (case 17)")
    func size() async throws {
        guard case .refused(let reason) = try await bench.outcome(to: "medecin", fields: ["size": .integer(1000)]) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.business?.code == "523")
        let server = try RudeServer("\(bench.stand.pki)/mss", "big")
        var rude = bench
        rude.setOperator(smtp: server.port)
        guard case .refused(let theirs) = try await rude.outcome(to: "medecin") else {
            Issue.record("not refused")
            return
        }
        #expect(theirs.business?.code == "552" || theirs.business?.code == "523")
    }

    @Test("a mailbox that is not configured halts; a white list that is absent or empty is an error of the configuration, at its place")
    func configuration() async throws {
        var bench = bench
        bench.facility.mailboxes = [:]
        guard case .halted(_, let reason) = try await bench.outcome(to: "medecin") else {
            Issue.record("not halted")
            return
        }
        #expect(reason.code == "P0647")
        try "<l/>".write(toFile: bench.whiteList, atomically: true, encoding: .utf8)
        #expect(#expect(throws: ConfigError.self) { try bench.sender() }?.diagnostics.first?.code == "P0651")
        #expect(throws: ConfigError.self) { try bench.sender(["white_list": .text("/nowhere.xml")]) }
    }

    @Test("lanes: one patient and one recipient; the ENVID needs no mailbox")
    func lanes() throws {
        let sender = try bench.sender()
        var keys = OrderKeys()
        keys.ins = 7
        keys.patient = 9
        let a = sender.laneKey(keys, Part(id: "a@b.fr")), b = sender.laneKey(keys, Part(id: "b@b.fr"))
        keys.patient = 10
        #expect(a != b && sender.laneKey(keys, Part(id: "a@b.fr")) == a)
        #expect(sender.afterUnknown == .sendAgain)
    }
}

/// Tests/Fixtures/mail/smtp.py, running until this value goes.
final class RudeServer {
    private let process = Process()
    let port: Int

    init(_ pki: String, _ manner: String) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "\(DMPBench.repository)/Tests/Fixtures/mail/smtp.py", pki, manner]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try launch(process)
        port = Int(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    deinit { process.terminate() }
}
