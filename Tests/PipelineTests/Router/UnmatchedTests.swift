import Testing

@testable import Pipeline

/// A format with two index words, as HL7v2 has MSH-9.1 and MSH-9.2: `ORU^R01`.
private struct WordsFormat: Format {
    var name: String { "words" }
    func read(_ bytes: [UInt8]) throws(Reason) -> any Content { String(decoding: bytes, as: UTF8.self) }
    func path(_ text: String) throws(PathError) -> any ContentPath { throw PathError(Text(fr: "", en: ""), offset: 0) }
    func setting(_ path: any ContentPath, to value: String, in content: any Content) throws(Reason) -> (bytes: [UInt8], content: any Content) {
        throw Reasons.unreadable
    }
    var indexPaths: [String] { ["MSH-9.1", "MSH-9.2"] }
    func index(of content: any Content) -> [String] { ((content as Any) as? String)?.split(separator: "^").map(String.init) ?? [] }
}

@Suite("What the sender of an unmatched message is told")
struct UnmatchedTests {
    private func told(_ message: String, when: Condition = .always, words: [Set<String>?], listener: String = "in") -> String {
        var configuration = Configuration()
        configuration.formats = ["words": WordsFormat()]
        let place = Place(file: "r.yaml", line: 1, column: 1)
        configuration.add(
            RouteInstance(
                name: "r", about: Text(fr: "", en: ""), place: place, facility: "f", from: ["in"], format: WordsFormat(), when: when, order: OrderRule(),
                checks: [], steps: [], destinations: []), words: words)
        let envelope = Envelope(
            id: MessageID(Key128(high: 1, low: 1)), listener: listener, partner: Partner(facility: "f", name: "p"), received: Instant(milliseconds: 0),
            format: "words", controlID: "1", keys: OrderKeys())
        let bytes = Array(message.utf8)
        let examiner = Examiner(configuration: configuration, hash: SipHash(secret: Key128(high: 1, low: 2)))
        let reading = Reading(message: Message(envelope: envelope, body: .bytes(bytes), digest: []), content: message, bytes: bytes)
        guard examiner.matching(reading).isEmpty else { return "taken" }
        let reason = examiner.unmatched(reading)
        return "\(reason.code) \(reason.location ?? "")"
    }

    @Test("an unknown type is 200 at MSH-9.1, an unknown event of a type that is routed 201 at MSH-9.2 (HL7 table 0357)")
    func codes() {
        #expect(told("ORU^R01", words: [["ORU", "MDM"], ["R01", "T02"]]) == "taken")
        #expect(told("ADT^A01", words: [["ORU", "MDM"], ["R01", "T02"]]) == "200 MSH-9.1")
        #expect(told("ORU^R30", words: [["ORU", "MDM"], ["R01", "T02"]]) == "201 MSH-9.2")
        #expect(told("ADT^A01", words: [["ORU"], nil]) == "200 MSH-9.1")
        #expect(told("ORU^R01", words: [["ORU"], ["R01"]], listener: "other") == "200 MSH-9.1")
        #expect(told("ORU^R01", when: .not(.always, Place(file: "r.yaml", line: 1, column: 1)), words: [["ORU"], nil]) == "200 MSH-9.1")
    }
}
