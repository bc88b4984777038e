import Testing
import XMLTree

@Suite("Canonical XML") struct CanonicalTests {
    @Test("Inclusive form: attributes sorted, empty elements opened, comments as asked") func inclusive() throws {
        let document = try XMLDocument("<?xml version='1.0'?><a  b='2' a=\"1\"><!-- c --><e/>\r\n&#13;&gt;</a>")
        #expect(text(try document.canonical(.inclusive)) == "<a a=\"1\" b=\"2\"><e></e>\n&#xD;&gt;</a>")
        #expect(text(try document.canonical(.inclusive, comments: true)) == "<a a=\"1\" b=\"2\"><!-- c --><e></e>\n&#xD;&gt;</a>")
    }

    @Test("Exclusive form of a sub-tree carries only the namespaces it uses; the inclusive one carries all") func subtree() throws {
        let document = try XMLDocument(#"<a xmlns="urn:a" xmlns:u="urn:u" xmlns:v="urn:v"><v:b u:k="1"><c/></v:b><d/></a>"#)
        let apex = document.first("//v:b", ["v": "urn:v"])
        let exclusive = text(try document.canonical(.exclusive, from: apex))
        #expect(exclusive == #"<v:b xmlns:u="urn:u" xmlns:v="urn:v" u:k="1"><c xmlns="urn:a"></c></v:b>"#)
        let inclusive = text(try document.canonical(.inclusive, from: apex))
        #expect(inclusive == #"<v:b xmlns="urn:a" xmlns:u="urn:u" xmlns:v="urn:v" u:k="1"><c></c></v:b>"#)
    }

    @Test("Serialised text reads back the same") func serialised() throws {
        let document = try XMLDocument("<a k='&quot;&lt;&#10;'>é&#13;&amp;<b xmlns='urn:b'/></a>")
        let again = try XMLDocument(parsing: document.serialised())
        #expect(try again.canonical(.inclusive) == document.canonical(.inclusive))
    }
}

@Suite("Base64 runs are kept out of the tree") struct ElisionTests {
    /// 76-column Base64 with CRLF, as many systems embed a PDF.
    func run(_ count: Int) -> String {
        let line = String(repeating: "QUJD", count: 19) + "\r\n"
        return String(repeating: line, count: count / line.utf8.count + 1)
    }

    func document(_ run: String) -> String {
        "<?xml version=\"1.0\"?>\r\n<!-- one --><a k='v'>\r\n<text representation=\"B64\">\(run)</text>\r\n<t><![CDATA[\(run)]]></t><b>after</b></a>"
    }

    @Test("Canonical forms and serialised text are the same with and without", arguments: [70_000, 200_000])
    func same(_ count: Int) throws {
        let bytes = Array(document(run(count)).utf8)
        let plain = try XMLDocument(parsing: bytes)
        let elided = try XMLDocument(parsing: bytes, eliding: true)
        #expect(elided.elidedRanges.count == 2)
        for comments in [true, false] {
            for mode in [XMLCanonicalisation.inclusive, .exclusive] {
                #expect(try elided.canonical(mode, comments: comments) == plain.canonical(mode, comments: comments))
            }
        }
        #expect(elided.serialised() == plain.serialised())
        let apex = elided.first("t")
        #expect(try elided.canonical(.exclusive, from: apex) == plain.canonical(.exclusive, from: plain.first("t")))
    }

    @Test("A lone CR becomes LF inside a run too") func carriageReturns() throws {
        let bytes = Array("<a>\(String(repeating: "AAAA\r", count: 20_000))</a>".utf8)
        let elided = try XMLDocument(parsing: bytes, eliding: true)
        #expect(elided.elidedRanges.count == 1)
        #expect(try elided.canonical(.inclusive) == XMLDocument(parsing: bytes).canonical(.inclusive))
    }

    @Test("The run is reached as a range of the source, and as text by who wants it") func range() throws {
        let base = run(100_000)
        let elided = try XMLDocument(parsing: Array(document(base).utf8), eliding: true)
        let element = try #require(elided.first("text"))
        let range = try #require(element.elidedRange)
        #expect(elided.source[range].elementsEqual(base.utf8))
        #expect(element.text == base.split(separator: "\r\n").joined(separator: "\n") + "\n")
        #expect(elided.string("text") == element.text)
        #expect(elided.first("b")?.elidedRange == nil)
    }

    @Test("A shorter run, and a long attribute, stay in the tree") func notElided() throws {
        let short = try XMLDocument(parsing: Array("<a>\(run(60_000))</a>".utf8), eliding: true)
        #expect(short.elidedRanges.isEmpty)
        let attribute = try XMLDocument(parsing: Array("<a k='\(String(repeating: "A", count: 90_000))'/>".utf8), eliding: true)
        #expect(attribute.elidedRanges.isEmpty)
        #expect(attribute.root.attribute("k")?.utf8.count == 90_000)
    }

    @Test("A fault after the run still has its line in the source") func line() {
        let base = run(100_000)
        let lines = base.utf8.filter { $0 == 0x0A }.count
        #expect(refusal("<a>\n\(base)<b></c></a>", eliding: true)?.line == refusal("<a>\n\(base)<b></c></a>")?.line)
        #expect(refusal("<a>\n<t>\(base)</t>\n<b></c></a>", eliding: true)?.line == lines + 3)
    }

    @Test("Two million letters cost no two million bytes of tree text: the token is short") func size() throws {
        let elided = try XMLDocument(parsing: Array("<a>\(run(2_000_000))</a>".utf8), eliding: true)
        var pieces = 0
        try elided.canonicalise(.inclusive, comments: true) { _ in pieces += 1 }
        #expect(pieces > 10)
    }
}

@Suite("Writing XML") struct WriterTests {
    @Test("Text and attributes come back as they were") func roundTrip() throws {
        let value = "a<b>&\"'\t\r\n é 😀 ]]> \u{85}"
        var w = XMLWriter(declaration: true)
        w.open("a", ["xmlns": "urn:a", "k": value])
        w.element("b", text: value)
        w.element("c", ["z": "1", "y": "2"])
        w.comment("x--y-")
        w.raw(Array("<d/>".utf8))
        w.closeAll()
        let document = try XMLDocument(parsing: w.bytes)
        #expect(document.root.attribute("k") == value)
        #expect(document.root.children[0].text == value)
        #expect(text(w.bytes).contains(#"<c z="1" y="2"/>"#))
        #expect(document.root.children.count == 3)
    }

    @Test("Control characters that XML 1.0 forbids are dropped and counted") func forbidden() throws {
        var w = XMLWriter()
        w.element("a", ["k": "\u{0}b"], text: "x\u{1}\u{B}\u{1F}y\u{FFFE}z\u{FFFF}ï")
        #expect(w.forbidden == 6)
        #expect(try XMLDocument(parsing: w.bytes).root.text == "xyzï")
    }
}
