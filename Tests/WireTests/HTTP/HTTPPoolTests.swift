import Testing

@testable import Wire

@Suite("Many requests on one thread")
struct HTTPPoolTests {
    let server: TestServer
    let pool = Self.pool()

    init() throws { server = try TestServer(https: "-") }

    private static func pool() -> HTTPPool { HTTPPool(tls: nil, limits: .init(connect: .seconds(60), total: .seconds(30)), connections: 2) }

    private func echo() -> HTTPRequest { HTTPRequest(.post, "http://localhost:\(server.port)/echo", body: [.text("essai")]) }

    /// libcurl asks the system for a name on a thread of its own, which tells by a socket; libcurl closes that socket without a word. An
    /// address with an empty label is refused by the system itself, at once.
    @Test("The socket that waited for a name is forgotten: the connection that has its number next hears its answer")
    func names() async throws {
        // A name may be known before anybody waits, and somebody else may take the number: not each time, and not a few times in a row.
        for _ in 0..<10 {
            let pool = Self.pool()
            guard case .nothingSent(let failure) = await pool.perform(HTTPRequest(.get, "http://a..b/")) else {
                Issue.record("sent")
                return
            }
            #expect(failure.reason == .nameNotFound)
            guard case .answered(let response) = await pool.perform(echo()) else {
                Issue.record("not answered")
                return
            }
            #expect(response.body == Array("essai".utf8))
        }
    }

    @Test("A port where nobody listens, an answer that is cut, a number used again: each request is told what became of it")
    func numbers() async throws {
        for _ in 0..<20 {
            guard case .nothingSent = await pool.perform(HTTPRequest(.get, "http://localhost:1/")),
                case .unanswered = await pool.perform(HTTPRequest(.post, "http://localhost:\(server.port)/cut", body: [.text("essai")])),
                case .answered = await pool.perform(echo())
            else {
                Issue.record("lost")
                return
            }
        }
    }

    @Test("Requests from many tasks, more than connections, are all told")
    func many() async throws {
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<60 {
                group.addTask { [pool, echo = echo()] in if case .answered = await pool.perform(echo) { true } else { false } }
            }
            for await good in group { #expect(good) }
        }
    }
}
