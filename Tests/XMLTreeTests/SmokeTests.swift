import Testing
import XMLTree

@Test("parses, selects and canonicalises") func smoke() throws {
    let doc = try XMLDocument(#"<a xmlns="urn:x"><b k="v">t&amp;</b></a>"#)
    #expect(doc.string("x:b", ["x": "urn:x"]) == "t&")
}
