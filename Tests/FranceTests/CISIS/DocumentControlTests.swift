import France
import HL7v2
import Testing

@Suite("The document against its message (volet Transmission de documents CDA-R2 en HL7v2 2.1, controls of the gateway)")
struct DocumentControlTests {
    static let contentRows: [ControlCase] = [
        ControlCase("Base64 cut inside a byte is AE 102", "refused/base64-cut", ["102 OBX-5.5"]),
        ControlCase("Base64 without padding is decoded", "oru-initial") {
            let path: HL7Path = "OBX[1]-5.5"
            try $0.set("OBX[1]-5.5", try $0.message[path].replacing("=", with: ""))
        },
        ControlCase("a forbidden character in Base64 is AE 102", "oru-initial", ["102 OBX-5.5"]) { try $0.set("OBX[1]-5.5", "PD94*bWw=") },
        ControlCase("a DOCTYPE is AE 207", "refused/doctype", ["207 OBX-5.5"]),
        ControlCase("an entity is AE 207", "refused/entity", ["207 OBX-5.5"]),
        ControlCase("a style sheet on a network is AE 207", "refused/style-sheet", ["207 OBX-5.5"]),
        ControlCase("a relative style sheet is usual", "oru-initial") {
            try $0.document("<ClinicalDocument ", "<?xml-stylesheet type=\"text/xsl\" href=\"../CDA-FO.xsl\"?>\n<ClinicalDocument ")
        },
        ControlCase("text that is no XML is AE 207", "oru-initial", ["207 OBX-5.5"]) { try $0.set("OBX[1]-5.5", "RG9jdW1lbnQ=") },
        ControlCase("another XML is AE 207", "oru-initial", ["207 OBX-5.5"]) { try $0.set("OBX[1]-5.5", "PGEvPg==") },
        ControlCase("a document without id is AE 207", "oru-initial", ["207 OBX-5.5"]) { try $0.document("<id root=\"1.2.250.1.999.7.9.20260115.1\"/>", "") },
        ControlCase("a document without effectiveTime is AE 207", "oru-initial", ["207 OBX-5.5"]) {
            try $0.document("<effectiveTime value=\"20260115093000+0100\"/>\n  <conf", "<conf")
        },
        ControlCase("a document beyond the limit is AE 207", "oru-initial", ["207 OBX-5.5"]) {
            $0.largestDocument = 100
        } bend: { _ in
        },
    ]

    @Test("what a document must be", arguments: contentRows)
    func content(_ row: ControlCase) throws { try row.check() }

    static let styleSheetRows: [ControlCase] = [
        ControlCase("blanks around = do not hide an external style sheet", "oru-initial", ["207 OBX-5.5"]) {
            try $0.prolog("<?xml-stylesheet type = 'text/xsl'\n href\t=\n \"http://attaque.example/a.xsl\"?>")
        },
        ControlCase("a comment of 64 KB before it does not hide an external style sheet", "oru-initial", ["207 OBX-5.5"]) {
            try $0.prolog("<!--\(String(repeating: " loin", count: 20_000))-->\n<?xml-stylesheet href=\"http://attaque.example/a.xsl\"?>")
        },
        ControlCase("character references do not hide an external style sheet", "oru-initial", ["207 OBX-5.5"]) {
            try $0.prolog("<?xml-stylesheet type=\"text/xsl\" href=\"&#104;tt&#x70;://attaque.example/a.xsl\"?>")
        },
        ControlCase("UTF-16 does not hide an external style sheet", "oru-initial", ["207 OBX-5.5"]) {
            try $0.prolog("<?xml-stylesheet type=\"text/xsl\" href=\"http://attaque.example/a.xsl\"?>")
            try $0.document { utf16($0) }
        },
        ControlCase("a CDA in UTF-16 is read as any other", "oru-initial") { try $0.document { utf16($0) } },
        ControlCase("neither quotes nor the end of the document hide an external style sheet", "oru-initial", ["207 OBX-5.5"]) {
            try $0.document("</ClinicalDocument>", "</ClinicalDocument>\n<?xml-stylesheet href=file:/etc/a.xsl?>")
        },
        ControlCase("a host without a scheme is external", "oru-initial", ["207 OBX-5.5"]) {
            try $0.prolog("<?xml-stylesheet href='\\\\attaque.example\\a.xsl'?>")
        },
        ControlCase("a second style sheet that is external is refused", "oru-initial", ["207 OBX-5.5"]) {
            try $0.prolog("<?xml-stylesheet href='a.xsl'?>\n<?xml-stylesheet href='https://attaque.example/a.xsl'?>")
        },
        ControlCase("a comment that speaks of a style sheet is no style sheet", "oru-initial") {
            try $0.prolog("<!-- <?xml-stylesheet type=\"text/xsl\" href=\"http://attaque.example/a.xsl\"?> -->")
        },
        ControlCase("another instruction, and another pseudo-attribute, are no style sheet", "oru-initial") {
            try $0.prolog("<?editor href=\"http://editeur.example\"?>\n<?xml-stylesheet title=\"http://x\" href=\"#style\"?>")
        },
        ControlCase("a document that is a style sheet takes in no external one", "oru-initial", ["207 OBX-5.5"]) {
            try $0.document { selfRendering($0, "<xsl:import href=\"http://attaque.example/a.xsl\"/>") }
        },
        ControlCase("a document that is a style sheet is usual (auto-présentable)", "oru-initial") {
            try $0.document { selfRendering($0, "<xsl:import href=\"cda.xsl\"/>") }
        },
    ]

    private static func utf16(_ text: String) -> [UInt8] {
        let changed = text.replacing("encoding=\"UTF-8\"", with: "encoding=\"UTF-16\"")
        return [0xFF, 0xFE] + changed.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    }

    private static func selfRendering(_ text: String, _ head: String) -> [UInt8] {
        let open = "<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\">\(head)"
        return Array((text.replacing("<ClinicalDocument ", with: "\(open)<ClinicalDocument ") + "</xsl:stylesheet>").utf8)
    }

    @Test("an external style sheet is refused however it is written, and nothing else is taken for one", arguments: styleSheetRows)
    func styleSheet(_ row: ControlCase) throws { try row.check() }

    static let numbersRows: [ControlCase] = [
        ControlCase("PID-3: two INS of one register are AE 207", "oru-initial", ["207 PID-3[2].1"]) {
            try $0.replace("^INS~", "^INS~185029910900158^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS~")
        },
        ControlCase("PID-3: the order of two INS of one register does not matter", "oru-initial", ["207 PRT[3]-15.4", "207 PID-3[2].1", "207 PID-3.1"]) {
            try $0.replace("|269029910900215^", "|185029910900158^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS~269029910900215^")
        },
        ControlCase("PID-3: the same INS twice is one", "oru-initial") {
            try $0.replace("^INS~", "^INS~269029910900215^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS~")
        },
        ControlCase("CDA: two INS of one register are AE 207", "oru-initial", ["207 OBX-5.5"]) {
            try $0.document(patientID, patientID + patientID.replacing("269029910900215", with: "185029910900158"))
        },
        ControlCase("CDA: an INS without a value beside it is none", "oru-initial") {
            try $0.document(patientID, patientID + "<id root=\"1.2.250.1.213.1.4.10\" nullFlavor=\"UNK\"/>")
        },
        ControlCase("a NIA beside the NIR is lawful, in PID-3 and in the CDA", "oru-initial") {
            $0.productionINSInTest = true
        } bend: {
            try $0.replace("^INS~", "^INS~855029910900114^^^ASIP-SANTE-INS-NIA&1.2.250.1.213.1.4.9&ISO^INS~")
            try $0.document(patientID, patientID + "<id extension=\"855029910900114\" root=\"1.2.250.1.213.1.4.9\"/>")
        },
        ControlCase("the NIA beside the NIR is the document's, else AE 207", "oru-initial", ["207 PID-3[2].1"]) {
            $0.productionINSInTest = true
        } bend: {
            try $0.replace("^INS~", "^INS~855029910900114^^^ASIP-SANTE-INS-NIA&1.2.250.1.213.1.4.9&ISO^INS~")
            try $0.document(patientID, patientID + "<id extension=\"855029910900213\" root=\"1.2.250.1.213.1.4.9\"/>")
        },
    ]

    private static let patientID = "<id extension=\"269029910900215\" root=\"1.2.250.1.213.1.4.10\"/>"

    @Test("one INS of a register, in PID-3 and in the document (annex INS)", arguments: numbersRows)
    func numbers(_ row: ControlCase) throws { try row.check() }

    static let patientRows: [ControlCase] = [
        ControlCase(
            "a document of another patient is AE 207, trait by trait", "refused/other-patient",
            ["207 PID-3[2].1", "207 PID-3.1", "207 PID-5", "207 PID-5", "207 PID-7", "207 PID-8"]),
        ControlCase("INS of PID and document differ", "oru-initial", ["207 PID-3.1"]) { try $0.document("269029910900215", "185029910900158") },
        ControlCase("same INS under another OID differs", "oru-initial", ["207 PID-3.1"]) {
            try $0.document("root=\"1.2.250.1.213.1.4.10\"", "root=\"1.2.250.1.213.1.4.11\"")
        },
        ControlCase("the DMP wants the INS in the document too", "oru-replacement", ["207 PID-3.1"]) {
            try $0.document("<id extension=\"269029910900215\" root=\"1.2.250.1.213.1.4.10\"/>", "")
        },
        ControlCase("without the DMP a shared local identifier is enough", "oru-replacement") {
            try $0.document("<id extension=\"269029910900215\" root=\"1.2.250.1.213.1.4.10\"/>", "")
            try $0.answer(.toDMP, "N")
        },
        ControlCase("no shared identifier is AE 207", "oru-replacement", ["207 PID-3"]) {
            try $0.document("<id extension=\"269029910900215\" root=\"1.2.250.1.213.1.4.10\"/>", "")
            try $0.document("root=\"1.2.250.1.999.7.1\"", "root=\"1.2.250.1.999.8.1\"")
            try $0.answer(.toDMP, "N")
        },
        ControlCase("the local identifier differs", "oru-initial", ["207 PID-3[2].1"]) { try $0.document("extension=\"700012\"", "extension=\"700099\"") },
        ControlCase("the birth name differs", "oru-initial", ["207 PID-5"]) { try $0.document("EXEMPLE-ALPHA", "EXEMPLE-OMEGA") },
        ControlCase("accents, hyphens and case do not make a difference", "oru-initial") { try $0.document("EXEMPLE-ALPHA", "Exémple Alpha") },
        ControlCase("the given name differs", "oru-initial", ["207 PID-5"]) { try $0.document("CAMILLE", "MARION") },
        ControlCase("the used given name does not count", "oru-initial") {
            try $0.document("<given>CAMILLE LEONIE</given>", "<given qualifier=\"CL\">LEONIE</given>")
        },
        ControlCase("the birth date differs", "oru-initial", ["207 PID-7"]) {
            try $0.document("<birthTime value=\"19690215\"", "<birthTime value=\"19690216\"")
        },
        ControlCase("the sex differs", "oru-initial", ["207 PID-8"]) {
            try $0.document("<administrativeGenderCode code=\"F\"", "<administrativeGenderCode code=\"M\"")
        },
    ]

    @Test("the patient of the message is the patient of the document", arguments: patientRows)
    func patient(_ row: ControlCase) throws { try row.check() }

    static let identityRows: [ControlCase] = [
        ControlCase("a test INS in production is AE 207, in PID and in the document", "oru-initial", ["207 PID-3.4.2", "207 OBX-5.5"]) {
            $0.environment = .production
        } bend: { _ in
        },
        ControlCase("a production INS in production is accepted", "oru-initial") {
            $0.environment = .production
        } bend: {
            try $0.replace("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8")
            try $0.document("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8")
        },
        ControlCase("a production INS in test is AE 207", "oru-initial", ["207 PID-3.4.2", "207 OBX-5.5"]) {
            try $0.replace("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8")
            try $0.document("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8")
        },
        ControlCase("a production INS is let into test by setting", "oru-initial") {
            $0.productionINSInTest = true
        } bend: {
            try $0.replace("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8")
            try $0.document("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8")
        },
        ControlCase("an INS under an OID of no register is AE 103", "oru-replacement", ["103 PID-3.4.2", "207 PID-3.1"]) {
            try $0.set("PID-3[1].4.2", "1.2.250.1.213.1.4.2")
        },
        ControlCase("a wrong key is a warning in test", "oru-replacement") {
            try $0.replace("269029910900215", "269029910900216")
            try $0.document("269029910900215", "269029910900216")
        },
        ControlCase("a wrong key is AE 207 in production when the DMP is asked for", "oru-replacement", ["207 PID-3.1"]) {
            $0.environment = .production
        } bend: {
            try $0.replace("269029910900215^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10", "269029910900216^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8")
            try $0.document("extension=\"269029910900215\" root=\"1.2.250.1.213.1.4.10\"", "extension=\"269029910900216\" root=\"1.2.250.1.213.1.4.8\"")
        },
        ControlCase("a PID-32 without VALI does not stop the message", "oru-ins-not-qualified"),
    ]

    @Test("the INS and its environment (annex INS)", arguments: identityRows)
    func identity(_ row: ControlCase) throws { try row.check() }

    static let identifiersRows: [ControlCase] = [
        ControlCase("OBX-3 is the document's code", "oru-initial", ["207 OBX-3"]) { try $0.set("OBX[1]-3.1", "34112-3") },
        ControlCase("OBR-4 is the document's code", "oru-initial", ["207 OBR-4"]) { try $0.set("OBR-4.1", "34112-3") },
        ControlCase("TXA-2 is the document's code", "mdm-initial", ["207 TXA-2"]) { try $0.set("TXA-2", "11490-0") },
        ControlCase("TXA-12 is the document's id", "mdm-initial", ["207 TXA-12"]) { try $0.set("TXA-12", "1.2.250.1.999.7.9.20260115.99") },
        ControlCase("TXA-12.2 filled is a warning (official examples)", "mdm-initial") { try $0.set("TXA-12.2", "Organisation-Y") },
        ControlCase("TXA-12 of an id with extension: extension, nothing, root, ISO", "mdm-initial") {
            try $0.answer(.toDMP, "N")
            try $0.document("<id root=\"1.2.250.1.999.7.9.20260115.11\"/>", "<id root=\"1.2.250.1.999.7.9\" extension=\"A11\"/>")
            try $0.set("TXA-12.1", "A11")
            try $0.set("TXA-12.3", "1.2.250.1.999.7.9")
            try $0.set("TXA-12.4", "ISO")
        },
        ControlCase("the DMP takes no id with an extension", "oru-initial", ["207 OBX-5.5"]) {
            try $0.document("<id root=\"1.2.250.1.999.7.9.20260115.1\"/>", "<id root=\"1.2.250.1.999.7.9\" extension=\"A1\"/>")
        },
        ControlCase("the DMP takes no UUID", "oru-initial", ["207 OBX-5.5"]) {
            try $0.document("<id root=\"1.2.250.1.999.7.9.20260115.1\"/>", "<id root=\"8cdd1b2e-7f0a-4b3c-9d55-1a2b3c4d5e6f\"/>")
        },
        ControlCase("TXA-13 is the id that the document replaces", "mdm-replacement", ["207 TXA-13"]) { try $0.set("TXA-13", "1.2.250.1.999.7.9.20260115.77") },
        ControlCase("a replacement without RPLC is AE 207", "oru-replacement", ["207 OBX-5.5"]) { try $0.document("typeCode=\"RPLC\"", "typeCode=\"APND\"") },
        ControlCase("a replacement of its own id is AE 207", "oru-replacement", ["207 OBX-5.5"]) {
            try $0.document("parentDocument><id root=\"1.2.250.1.999.7.9.20260115.1\"", "parentDocument><id root=\"1.2.250.1.999.7.9.20260115.2\"")
        },
        ControlCase("a replaced id with an extension is no id for the DMP", "oru-replacement", ["207 OBX-5.5"]) {
            try $0.document(
                "parentDocument><id root=\"1.2.250.1.999.7.9.20260115.1\"", "parentDocument><id extension=\"B\" root=\"1.2.250.1.999.7.9.20260115.1\"")
        },
        ControlCase("two documents with one id are AE 207", "oru-two-documents", ["207 OBX[2]-5.5"]) {
            try $0.document("<id root=\"1.2.250.1.999.7.9.20260115.21\"", "<id root=\"1.2.250.1.999.7.9.20260115.22\"")
        },
    ]

    @Test("identifiers and type", arguments: identifiersRows)
    func identifiers(_ row: ControlCase) throws { try row.check() }

    @Test("a restricted document for the DMP leaves a warning")
    func restricted() throws {
        let found = try ControlCase("", "oru-initial") { try $0.document("<confidentialityCode code=\"N\"", "<confidentialityCode code=\"R\"") }.findings()
        #expect(found.contains { $0.severity == .warning && $0.code == 207 })
        #expect(!found.contains { $0.severity == .error })
    }

    @Test("no finding quotes a value of the message")
    func discretion() throws {
        let found = try ControlCase("", "refused/other-patient").findings()
        for finding in found {
            for secret in ["ALPHA", "DELTA", "CAMILLE", "HUGO", "2690", "1850", "700012"] {
                #expect(!finding.text.fr.contains(secret) && !finding.text.en.contains(secret))
            }
        }
    }
}
