import Pipeline
import Testing

@testable import Console

@Suite("What may be asked at the door")
struct DoorRequestTests {
    @Test("each route is read with its parameters")
    func routes() throws {
        let everyOpen = DoorRequest.openStates
        #expect(try read("GET", "/queue") == .queue(states: everyOpen, destination: nil, after: 0, limit: 100, reveal: false))
        #expect(
            try read("GET", "/queue?state=held,deferred&destination=letters%2Fdmp&after=12&limit=5&reveal=yes")
                == .queue(states: [.held, .deferred], destination: "letters/dmp", after: 12, limit: 5, reveal: true))
        #expect(try read("GET", "/delivery/28673") == .delivery(28673, reveal: false))
        #expect(try read("GET", "/message/SGL%2F01") == .message("SGL/01", reveal: false))
        #expect(try read("GET", "/health") == .health)
        #expect(try read("POST", "/delivery/7/retry", #"{"expecting":3,"by":"anne"}"#) == .command(7, .retry, CommandBody(expecting: 3, by: "anne")))
        #expect(try read("POST", "/delivery/7/release") == .command(7, .release, CommandBody()))
        #expect(try read("POST", "/scope/mss%2Fpfi/resume", "{}") == .resume("mss/pfi", CommandBody()))
    }

    @Test("a person's own words travel as a hidden detail, never in the text of a reason")
    func words() throws {
        let request = try read("POST", "/delivery/7/hold", #"{"reason":"INS de M. Fictif à vérifier","owner":"identity"}"#)
        guard case .command(_, .hold(let reason, let owner), _) = request else {
            Issue.record("not a hold")
            return
        }
        #expect(owner == .identity)
        #expect(!"\(reason)".contains("Fictif"))
        #expect(reason.detail?.revealed == "INS de M. Fictif à vérifier")
    }

    @Test(
        "what cannot be read is refused with its own status",
        arguments: [
            ("GET", "/", "", 404), ("GET", "queue", "", 404), ("GET", "/nothing", "", 404), ("GET", "/delivery/x", "", 400),
            ("GET", "/delivery/-4", "", 400), ("GET", "/message/%zz", "", 404), ("DELETE", "/queue", "", 405), ("GET", "/delivery/7/retry", "", 405),
            ("POST", "/delivery/7/shred", "", 404), ("POST", "/delivery/7/retry", "{", 400), ("POST", "/delivery/7/hold", #"{"owner":"nobody"}"#, 400),
            ("GET", "/queue?state=lost", "", 400), ("POST", "/delivery/99999999999999999999/retry", "", 400),
        ])
    func refusals(method: String, uri: String, body: String, status: Int) {
        #expect { try read(method, uri, body) } throws: { ($0 as? DoorRefusal)?.status == status }
    }

    @Test("limits of a page are kept, whatever is asked")
    func limits() throws {
        for (asked, kept) in [("0", 1), ("-3", 1), ("5000", 1000), ("x", 100)] {
            #expect(try read("GET", "/queue?limit=\(asked)") == .queue(states: DoorRequest.openStates, destination: nil, after: 0, limit: kept, reveal: false))
        }
    }

    @Test("percent-encoding goes both ways, and no half of it is read")
    func percent() {
        for text in ["letters/dmp", "clé & co", "a b+c%", ""] { #expect(Percent.decode(Percent.encode(text)) == text) }
        for text in ["%", "%4", "%4x", "%ff"] { #expect(Percent.decode(text) == nil) }
    }

    private func read(_ method: String, _ uri: String, _ body: String = "") throws -> DoorRequest {
        try DoorRequest(method: method, uri: uri, body: Array(body.utf8))
    }
}
