import Foundation
import Testing

@testable import Wire

@Suite("HTTPS with client certificates", .enabled(if: TestOperator.isAvailable, "needs the certificates of the stand-in operator"))
struct HTTPClientTests {
    let operators: TestOperator
    let server: TestServer

    init() throws {
        operators = try #require(TestOperator.shared)
        server = try TestServer(https: operators.pki)
    }

    func client(as name: String? = "pfi", limits: HTTPClient.Limits = .init(connect: .seconds(60), total: .seconds(60))) throws -> HTTPClient {
        HTTPClient(tls: try operators.tls(name), limits: limits)
    }

    func request(_ path: String, body: [BodyPart] = [.text("essai")], headers: [(name: String, value: String)] = []) -> HTTPRequest {
        HTTPRequest(.post, "https://localhost:\(server.port)\(path)", headers: headers, body: body)
    }

    @Test("A body of pieces, one of them a part of a file, arrives whole and in order, with its length")
    func pieces() throws {
        let path = NSTemporaryDirectory() + "/wire-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let long = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(FileManager.default.createFile(atPath: path, contents: Data(long)))
        let body: [BodyPart] = [.text("a"), .bytes([]), .file(path: path, offset: 10, count: 250_000), .slice(long[5..<100_000]), .text("z")]
        let client = try client()
        for _ in 0..<2 {  // the second one over the kept connection
            guard case .answered(let response) = client.perform(request("/echo", body: body, headers: [("X-Test", "oui"), ("Content-Type", "text/x")]))
            else {
                Issue.record("no answer")
                return
            }
            #expect(response.status == 200)
            #expect(response.header("x-length") == "\(body.byteCount)")
            #expect(response.header("X-Seen") == "oui" && response.header("X-Type") == "text/x")
            let expected: [UInt8] = [97] + Array(long[10..<250_010]) + Array(long[5..<100_000]) + [122]
            #expect(response.body == expected)
        }
    }

    @Test("Any status is an answer; a redirect is not followed")
    func statuses() throws {
        let client = try client()
        for (path, status) in [("/fault", 500), ("/redirect", 302)] {
            guard case .answered(let response) = client.perform(request(path)) else {
                Issue.record("no answer")
                return
            }
            #expect(response.status == status)
        }
    }

    @Test("An answer that is missing, cut, late or too large leaves it open whether the far end acted", arguments: ["/cut", "/half", "/slow", "/big"])
    func unanswered(_ path: String) throws {
        let limits = HTTPClient.Limits(connect: .seconds(60), total: .seconds(path == "/slow" ? 5 : 60), answerBytes: 1_000_000)
        guard case .unanswered(let failure) = try client(limits: limits).perform(request(path)) else {
            Issue.record("not unanswered")
            return
        }
        #expect(failure.reason == ["/slow": .timedOut, "/big": .answerTooLarge][path] ?? .connectionBroken)
    }

    @Test("A client certificate that the server refuses is named, and nothing counts as sent", arguments: ["expired", "revoked", "stranger", ""])
    func ownCertificate(_ name: String) throws {
        for wait in [nil, Duration.milliseconds(300)] {
            var asked = request("/echo")
            asked.continueWait = wait
            // The server may close before its alert is read: then it is a broken connection, and the next try tells more.
            var reasons: [WireFailure.Reason] = []
            for _ in 0..<5 where reasons.last ?? .connectionBroken == .connectionBroken {
                guard case .nothingSent(let failure) = try client(as: name.isEmpty ? nil : name).perform(asked) else {
                    Issue.record("sent")
                    return
                }
                reasons.append(failure.reason)
            }
            #expect(reasons.last == .ownCertificateRefused)
        }
    }

    @Test("A server we do not trust, or of another name, gets nothing")
    func theirCertificate() throws {
        let strange = HTTPClient(tls: try TLSPolicy(anchors: operators.file("stranger.pem")))
        guard case .nothingSent(let failure) = strange.perform(request("/echo")) else {
            Issue.record("sent")
            return
        }
        #expect(failure.reason == .serverNotTrusted)
        let leafListOnly = HTTPClient(tls: try TLSPolicy(anchors: operators.file("ca.pem"), revocationLists: Array("".utf8)))
        guard case .nothingSent(let missing) = leafListOnly.perform(request("/echo")) else {
            Issue.record("sent without a revocation list")
            return
        }
        #expect([.revocationListUnusable, .ownCertificateUnreadable].contains(missing.reason), "\(missing)")
    }

    @Test("Nobody there, no such name, no TLS where TLS is wanted: nothing sent")
    func nobody() throws {
        let client = try client()
        for (url, reason) in [
            ("https://localhost:1/", WireFailure.Reason.unreachable), ("http://localhost/", .requestInvalid), ("file:///etc/passwd", .requestInvalid),
        ] {
            guard case .nothingSent(let failure) = client.perform(HTTPRequest(.post, url)) else {
                Issue.record("sent to \(url)")
                continue
            }
            #expect(failure.reason == reason, "\(failure)")
        }
    }

    @Test("A line end in a header is refused before anything is sent")
    func injection() throws {
        guard case .nothingSent(let failure) = try client().perform(request("/echo", headers: [("X-Test", "a\r\nX-Other: b")])) else {
            Issue.record("sent")
            return
        }
        #expect(failure.reason == .requestInvalid)
    }

    @Test("Many threads share a client")
    func threads() async throws {
        let client = try client()
        let request = request("/echo")
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { if case .answered(let response) = client.perform(request) { response.body == Array("essai".utf8) } else { false } }
            }
            for await good in group { #expect(good) }
        }
    }
}
