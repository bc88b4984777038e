import Testing

@testable import JournalSQLite

@Suite("Facts as text")
struct FactsTests {
    @Test(
        "what is written is read back, whatever it holds",
        arguments: [
            [:], ["a": "b"], ["a": "", "c": "é"], ["digest": "0123", "decided": "anne"], ["a": "b\"c"], ["a\\": "\n"], ["{": "}"], [",": ":"], ["a": "\",\""],
        ] as [[String: String]])
    func roundTrip(_ map: [String: String]) { #expect(JSON.map(JSON.text(map)) == map) }

    @Test("text of another hand is read as JSON, and what is none as nothing")
    func others() {
        #expect(JSON.map("{ \"a\" : \"b\" , \"c\":\"d\" }") == ["a": "b", "c": "d"])
        #expect(JSON.map("{\"a\":1}") == [:] && JSON.map("{\"a\":\"b\"") == [:] && JSON.map("") == [:])
    }
}
