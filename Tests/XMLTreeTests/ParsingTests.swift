import Testing
import XMLTree

@Suite("Parsing refuses what could harm") struct HardeningTests {
    @Test("A DOCTYPE is refused, with its line") func doctype() {
        let error = refusal("<?xml version=\"1.0\"?>\n<!DOCTYPE a>\n<a/>")
        #expect(error?.kind == .doctype)
        #expect(error?.line == 2)
    }

    @Test("Entities that multiply are refused before they multiply") func billionLaughs() {
        let bomb = #"<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>"#
        #expect(refusal(bomb)?.kind == .doctype)
    }

    @Test("An external entity is refused, the file it names is not read") func externalEntity() {
        #expect(refusal(#"<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>"#)?.kind == .doctype)
        #expect(refusal("<l>&unknown;</l>")?.kind == .malformed)
    }

    @Test("An external style sheet is only a processing instruction: nothing is fetched") func styleSheet() throws {
        let document = try XMLDocument(#"<?xml-stylesheet type="text/xsl" href="http://192.0.2.1/a.xsl"?><a>x</a>"#)
        #expect(document.root.text == "x")
    }

    @Test("The instructions beside the root are given as written, those of comments and of the content are not") func instructions() throws {
        let document = try XMLDocument("<?xml version=\"1.0\"?><!-- <?no a?> --><?one  href = '&#104;'?>\n<a><?within x?></a><?two?>")
        #expect(document.instructions.map { "\($0.target)|\($0.data)" } == ["one|href = '&#104;'", "two|"])
    }

    @Test("256 levels pass, 257 do not") func depth() {
        func nested(_ levels: Int) -> String { String(repeating: "<a>", count: levels) + String(repeating: "</a>", count: levels) }
        #expect(refusal(nested(256)) == nil)
        #expect(refusal(nested(257))?.kind == .tooDeep)
        #expect(refusal(nested(50_000))?.kind == .tooDeep)
    }

    @Test("More bytes than the limit are refused before parsing") func size() {
        #expect(refusal("<a>" + String(repeating: "x", count: 200) + "</a>", XMLLimits(bytes: 100))?.kind == .tooLarge)
    }

    @Test("A text of 12 MB passes under our own limit") func largeText() throws {
        let long = String(repeating: "é", count: 6 << 20)
        let document = try XMLDocument(parsing: Array("<a>\(long)</a>".utf8), limits: .huge)
        #expect(document.root.text.utf8.count == 12 << 20)
    }

    @Test("A fault has its line and column") func place() {
        let error = refusal("<a>\n  <b>\n</a>")
        #expect(error?.kind == .malformed)
        #expect(error?.line == 3)
        #expect((error?.column ?? 0) > 0)
    }

    @Test(
        "Damaged input is an error, never a crash",
        arguments: ["", " ", "<", "<a", "<a>", "</a>", "<a/><b/>", "<a>\u{1}</a>", "\u{0}\u{0}", "<a b='1' b='2'/>", "<x:a/>", "texte", "<a>&#0;</a>"])
    func damaged(_ input: String) { #expect(refusal(input)?.kind == .malformed) }

    @Test("Bytes that are not UTF-8 are an error; a declared Latin-1 document is read") func encodings() throws {
        #expect(throws: XMLError.self) { try XMLDocument(parsing: Array("<a>".utf8) + [0xE9] + Array("</a>".utf8)) }
        let latin = Array(#"<?xml version="1.0" encoding="ISO-8859-1"?><a>"#.utf8) + [0xE9] + Array("</a>".utf8)
        #expect(try XMLDocument(parsing: latin).root.text == "é")
    }

    @Test("A UTF-8 byte order mark is tolerated") func byteOrderMark() throws {
        #expect(try XMLDocument(parsing: [0xEF, 0xBB, 0xBF] + Array("<a>é</a>".utf8)).root.text == "é")
    }
}

@Suite("Reading a tree") struct ReadingTests {
    let document: XMLDocument
    let ns: XMLNamespaces = ["h": "urn:hl7-org:v3", "x": "urn:x"]

    init() throws {
        document = try XMLDocument(
            #"""
            <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:x="urn:x" x:k="1" k="2">
              <id root="1.2"/><id root="1.3"/>
              <title>A &amp; <![CDATA[<B>]]></title>
              <x:id root="9"/>
            </ClinicalDocument>
            """#)
    }

    @Test("Names, namespaces and attributes") func names() {
        #expect(document.root.name == "ClinicalDocument")
        #expect(document.root.namespace == "urn:hl7-org:v3")
        #expect(document.root.attribute("k") == "2")
        #expect(document.root.attribute("k", namespace: "urn:x") == "1")
        #expect(document.root.attribute("absent") == nil)
        #expect(document.root.children(named: "id").count == 3)
        #expect(document.root.children(named: "id", namespace: "urn:x").map { $0.attribute("root") } == ["9"])
        #expect(document.root.children[1].path == "/ClinicalDocument/id[2]")
        #expect(document.root.children[1].parent == document.root)
        #expect(document.root.children[2].line == 3)
        #expect(document.root.namespace(forPrefix: "x") == "urn:x")
    }

    @Test("XPath with namespaces") func xpath() {
        #expect(document.all("h:id", ns).count == 2)
        #expect(document.string("h:id[2]/@root", ns) == "1.3")
        #expect(document.string("/h:ClinicalDocument/h:title", ns) == "A & <B>")
        #expect(document.string("count(//h:id)", ns) == "2")
        #expect(document.string("h:absent", ns) == nil)
        #expect(document.root.strings("//@root", ns) == ["1.2", "1.3", "9"])
        #expect(document.root.holds("h:id[@root='1.3']", ns))
        #expect(document.first("x:id", ns)?.first("..", ns) == document.root)
    }

    @Test("A wrong expression is an error at check, and selects nothing at run time") func wrongXPath() {
        #expect(throws: XMLError.self) { try XPath.check("a[") }
        #expect(throws: XMLError.self) { try XPath.check("unbound:a") }
        #expect(throws: Never.self) { try XPath.check("h:a[1]/@b", ns) }
        #expect(document.all("a[", ns).isEmpty)
    }

    @Test("An element outlives the variable that held its document") func lifetime() throws {
        func element() throws -> XMLElement { try XMLDocument("<a><b>x</b></a>").root.children[0] }
        #expect(try element().text == "x")
    }

    @Test("A schema finds what is not valid, with its line") func schema() throws {
        let schema = try XMLSchema(file: fixture("Mappings/schemas/xds/schema/ebRS30/lcm.xsd"))
        let good = try XMLDocument(
            #"""
            <SubmitObjectsRequest xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0">
            <RegistryObjectList xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"/></SubmitObjectsRequest>
            """#)
        #expect(schema.violations(good).isEmpty)
        let bad = try XMLDocument("<SubmitObjectsRequest xmlns=\"urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0\">\n<x/></SubmitObjectsRequest>")
        #expect(schema.violations(bad).first?.line == 2)
        #expect(throws: XMLError.self) { try XMLSchema(file: "/nowhere.xsd") }
    }
}
