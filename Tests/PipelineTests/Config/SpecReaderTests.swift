import Testing

@testable import Pipeline

@Suite("Typing of scalars")
struct SpecReaderTests {
    @Test(
        "durations have a number and a unit",
        arguments: [
            ("500 ms", 500), ("30 s", 30_000), ("30s", 30_000), ("10 min", 600_000), ("1.5 h", 5_400_000), ("1 d", 86_400_000), ("2 j", 172_800_000),
            ("0 s", 0),
            ("30", nil), ("", nil), ("s", nil), ("-1 s", nil), ("1 week", nil), ("1 s s", nil), ("1e3 s", nil), ("9999999999 d", nil), ("1.2.3 s", nil),
        ] as [(String, Int?)])
    func durations(_ text: String, _ milliseconds: Int?) { #expect(SpecReader.duration(text) == milliseconds.map { .milliseconds($0) }) }

    @Test(
        "sizes are powers of 1000, a plain number is bytes",
        arguments: [
            ("64 KB", 64_000), ("50 MB", 50_000_000), ("200GB", 200_000_000_000), ("1.5 Mo", 1_500_000), ("12", 12), ("0", 0), ("5 MiB", nil), ("MB", nil),
            ("-1", nil), ("99999999999 TB", nil),
        ] as [(String, Int?)])
    func bytes(_ text: String, _ count: Int?) { #expect(SpecReader.bytes(text) == count) }

    @Test("the nearest word is suggested when it is near, and none when it is not")
    func nearest() {
        let words = ["destination", "equals", "in", "port"]
        #expect(Nearest.word(to: "destnation", among: words) == "destination" && Nearest.word(to: "prot", among: words) == "port")
        #expect(Nearest.word(to: "equal", among: words) == "equals" && Nearest.word(to: "IN", among: words) == "in")
        #expect(Nearest.word(to: "zzzz", among: words) == nil && Nearest.word(to: "x", among: []) == nil)
    }

    @Test("paths are joined as text")
    func paths() {
        #expect(Path.join("/etc/passerelle", "../x/./y") == "/etc/x/y" && Path.join("a", "../../b") == "../b" && Path.join("a", "/b") == "/b")
        #expect(Path.join("", "b") == "b" && Path.folder(of: "a/b.yaml") == "a" && Path.folder(of: "b") == "" && Path.folder(of: "/b") == "/")
        #expect(Path.name(of: "a/b.yaml") == "b.yaml" && Path.name(of: "b") == "b")
    }

    @Test("OIDs and addresses")
    func shapes() {
        for good in ["1.2", "1.2.250.1.999.7.1", "2.0.1"] { #expect(NodeFile.isOID(good)) }
        for bad in ["", "1", "1.", ".1", "1..2", "1.02", "1.a"] { #expect(!NodeFile.isOID(bad)) }
        for good in ["localhost:25", "[::1]:465", "h.fr:65535"] { #expect(NodeFile.isAddress(good)) }
        for bad in ["localhost", ":25", "h:", "h:0", "h:70000", "https://h:1", "u@h:1", "h :1"] { #expect(!NodeFile.isAddress(bad)) }
    }

    @Test("a locale gives the language")
    func language() {
        #expect(Language(locale: "fr_FR.UTF-8") == .fr && Language(locale: "C") == .en && Language(locale: "") == .en)
        #expect(Text(fr: "a", en: "b")[.fr] == "a" && Text(fr: "a", en: "b")[.en] == "b")
    }
}
