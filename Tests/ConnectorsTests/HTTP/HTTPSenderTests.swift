import Foundation
import Pipeline
import Testing
import Trust

@testable import Connectors

@Suite("The http sender, against Python's http.server")
struct HTTPSenderTests {
    let server: HTTPFarEnd
    let bytes = adt("H1")

    init() throws { server = try HTTPFarEnd() }

    @Test("the message's bytes arrive as they are, with type, key and headers; the proof keeps the status and the digest of the reply")
    func delivered() async throws {
        let sender = try HTTPSender.test(
            server.url("/in"), ["method": .text("PUT"), "headers": .map([("X-Source", .text("passerelle"))], Fields.nowhere)])
        guard case .delivered(let proof) = await sender.send(bytes) else {
            Issue.record("not delivered")
            return
        }
        #expect(proof.answer == "HTTP 201")
        #expect(proof.facts["reply"] == Digest.hex(Digest.sha256(Array("{\"taken\":true}".utf8))))
        let seen = try #require(try server.seen.first)
        #expect(seen.method == "PUT" && seen.path == "/in" && seen.sha256 == Digest.hex(Digest.sha256(bytes)))
        #expect(seen.headers["content-type"] == "application/hl7-v2" && seen.headers["x-source"] == "passerelle")
        #expect(seen.headers["idempotency-key"] == Delivery.test(bytes).key.base32())
        #expect(seen.headers["expect"] == nil)
    }

    @Test("the Authorization header is read from its secret; a content type of one's own replaces the format's")
    func authorization() async throws {
        let file = NSTemporaryDirectory() + "token-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try "Bearer abc\n".write(toFile: file, atomically: true, encoding: .utf8)
        let sender = try HTTPSender.test(server.url("/in"), ["authorization": .file(file), "content_type": .text("text/plain")])
        #expect(await sender.send(bytes).isDelivered)
        let seen = try #require(try server.seen.first)
        #expect(seen.headers["authorization"] == "Bearer abc" && seen.headers["content-type"] == "text/plain")
    }

    @Test(
        "each status has its outcome",
        arguments: [
            (200, "delivered"), (204, "delivered"), (400, "refused P0668"), (404, "refused P0668"), (409, "refused P0668"), (422, "refused P0668"),
            (401, "halted P0666"), (403, "halted P0666"), (407, "halted P0666"), (301, "halted P0667"), (405, "halted P0667"), (501, "halted P0667"),
            (408, "deferred P0665"), (425, "deferred P0665"), (429, "deferred P0500"), (502, "deferred P0500"), (503, "deferred P0500"),
            (504, "deferred P0500"), (500, "unknown P0669"),
        ])
    func statuses(_ status: Int, _ wanted: String) async throws {
        let outcome = try await HTTPSender.test(server.url("/status/\(status)")).send(bytes)
        let told =
            switch outcome {
            case .delivered: "delivered"
            case .refused(let reason): "refused \(reason.code)"
            case .halted(let scope, let reason): scope == "dpi" ? "halted \(reason.code)" : "halted elsewhere"
            case .deferred(let reason, _, _): "deferred \(reason.code)"
            case .unknown(let reason): "unknown \(reason.code)"
            case .held: "held"
            }
        #expect(told == wanted)
    }

    @Test("Retry-After is kept, in seconds or as a date, an hour at most", arguments: [("7", 7), ("Thu,_01_Jan_1970_00:00:30_GMT", 30), ("90000", 3600)])
    func retryAfter(_ text: String, _ seconds: Int) async throws {
        guard case .deferred(_, let pause, _) = try await HTTPSender.test(server.url("/status/503?retry=\(text)")).send(bytes) else {
            Issue.record("not deferred")
            return
        }
        #expect(pause == .seconds(seconds))
    }

    @Test("nobody there: deferred, its far end rests; cut or late after the request left: unknown")
    func away() async throws {
        guard case .deferred(let reason, _, _) = try await HTTPSender.test("http://localhost:1/").send(bytes) else {
            Issue.record("not deferred")
            return
        }
        #expect(reason.code == "P0500")
        for (path, limit) in [("/cut", 60), ("/slow", 5)] {
            #expect(try await HTTPSender.test(server.url(path), ["timeout": .duration(.seconds(limit))]).send(bytes).isUnknown)
        }
        try await eventually { try server.seen.count >= 2 }  // a server that is slow to start reads it when its sender has given up
        #expect(try server.seen.count == 2, "nothing was sent twice")
    }

    @Test("one connection serves one delivery after the other, and eight at a time use at most the four allowed")
    func reuse() async throws {
        let sender = try HTTPSender.test(server.url("/in"), ["connections": .integer(4), "idle": .duration(.seconds(60))]), bytes = bytes
        for _ in 0..<20 { #expect(await sender.send(bytes).isDelivered) }
        #expect(try Set(server.seen.map(\.connection)).count == 1)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 { group.addTask { await sender.send(bytes).isDelivered } }
            for await isDelivered in group { #expect(isDelivered) }
        }
        #expect(try server.seen.count == 60)
        #expect(try Set(server.seen.map(\.connection)).count <= 4)
    }

    @Test("a kept connection that dies under a request leaves it unknown: libcurl does not send it again by itself", arguments: [2000, 200_000])
    func noSecondSending(_ size: Int) async throws {
        let sender = try HTTPSender.test(server.url("/second-cut"), ["idle": .duration(.seconds(60))]), large = [UInt8](repeating: 65, count: size)
        #expect(await sender.send(large).isDelivered)
        #expect(await sender.send(large).isUnknown)
        #expect(try server.seen.count == 2)
    }

    @Test("a connection that the server closed while it rested is not used again")
    func closedAtRest() async throws {
        let sender = try HTTPSender.test(server.url("/closing"))
        for _ in 0..<5 {
            let outcome = await sender.send(bytes)
            #expect(outcome.isDelivered, "\(outcome)")
            try await eventually { (0..<3).allSatisfy { _ in server.openConnections == 0 } }
        }
        #expect(try server.seen.count == 5)
    }

    @Test("where it may be sent again, rewritten bytes are recorded before they leave, and others never follow an unknown")
    func sameBytes() async throws {
        let sender = try HTTPSender.test(server.url("/in"), ["after_unknown": .text("send_again")])
        var delivery = Delivery.test(bytes)
        delivery.rewritten = bytes
        let recorded = RecordedFacts()
        #expect(await sender.deliver(delivery, recorded.attempt(bytes)).isDelivered)
        #expect(recorded.facts == [["digest": Digest.hex(Digest.sha256(bytes))]])
        // Planned with their digest, they need no commit of their own before they leave.
        delivery.facts = ["digest": Digest.hex(Digest.sha256(bytes))]
        #expect(await sender.deliver(delivery, recorded.attempt(bytes)).isDelivered)
        #expect(recorded.facts.count == 1)
        (delivery.wasUnknown, delivery.facts, delivery.isRebound) = (true, ["digest": "other"], true)
        guard case .held(let reason, _) = await sender.deliver(delivery, recorded.attempt(bytes)) else {
            Issue.record("sent")
            return
        }
        #expect(reason.code == "P0516")
        #expect(try server.seen.count == 2)
    }

    @Test(
        "its settings are checked",
        arguments: [
            ("https://localhost/", [:], "P0660"), ("http://localhost/", ["identity": Fields.Value.text("auth")], "P0661"),
            ("http://localhost/", ["headers": .map([("Idempotency-Key", .text("x"))], Fields.nowhere)], "P0663"),
            ("http://localhost/", ["headers": .map([("X Y", .text("x"))], Fields.nowhere)], "P0663"),
        ])
    func settings(_ url: String, _ values: [String: Fields.Value], _ code: String) throws {
        do {
            _ = try HTTPSender.test(url, values)
            Issue.record("taken")
        } catch let error as ConfigError {
            #expect(error.diagnostics.map(\.code) == [code])
        }
    }
}

@Suite("The http sender over TLS", .enabled(if: TestPKI.shared != nil, "needs openssl"))
struct HTTPSenderTLSTests {
    let pki: TestPKI, server: HTTPFarEnd
    let bytes = adt("H2")

    init() throws {
        pki = try #require(TestPKI.shared)
        server = try HTTPFarEnd(pki: pki)
    }

    private func send(_ certificate: String?, trust: [String: TrustReference]? = nil) async throws -> Outcome {
        var values: [String: Fields.Value] = ["trust": .text("hopital")]
        if let certificate { (values["certificate"], values["key"]) = (.file(pki.path(certificate + ".pem")), .file(pki.path(certificate + ".key"))) }
        return try await HTTPSender.test(server.url("/in"), values, .test(ScriptedIntake { _ in nil }, trust: trust ?? pki.trust)).send(bytes)
    }

    @Test("with the certificate that the server wants it is delivered")
    func mutual() async throws {
        #expect(try await send("dpi").isDelivered)
        #expect(try server.seen.count == 1)
    }

    @Test("without one, or with a stranger's, the sender halts and nobody is refused", arguments: [nil, "foreign"])
    func ownCertificate(_ name: String?) async throws {
        let outcome = try await send(name)
        guard case .halted(_, let reason) = outcome else {
            Issue.record("not halted: \(outcome)")
            return
        }
        #expect(reason.code == "P0671")
    }

    @Test("a server that we do not trust gets nothing, and the sender halts")
    func theirCertificate() async throws {
        let stranger = ["hopital": TrustReference(authorities: [pki.path("stranger.pem")], revocationLists: [])]
        guard case .halted(_, let reason) = try await send("dpi", trust: stranger) else {
            Issue.record("not halted")
            return
        }
        #expect(reason.code == "P0671")
        #expect(try server.seen.isEmpty)
    }
}
