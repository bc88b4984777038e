import France
import HL7v2
import Testing

@Suite("Structure of a CDA request (volet Transmission de documents CDA-R2 en HL7v2 2.1)")
struct StructureControlTests {
    static let cases: [ControlCase] = [
        ControlCase("replacement, deletion and two documents are accepted (ORU)", "oru-replacement"),
        ControlCase("deletion of an ORU is accepted", "oru-deletion"),
        ControlCase("an ORU with the report in two forms is accepted", "oru-two-documents"),
        ControlCase("MDM^T02 is accepted", "mdm-initial"),
        ControlCase("MDM^T10 is accepted", "mdm-replacement"),
        ControlCase("MDM^T10 for a visibility change is accepted", "mdm-visibility"),
        ControlCase("MDM^T04 is accepted", "mdm-deletion"),
        ControlCase("no ORC is AE 100", "oru-initial", ["100 ORC"]) { try $0.remove { $0.hasPrefix("ORC") } },
        ControlCase("no ORC is a former version's way, by setting", "oru-initial") {
            $0.compatibility = .former
        } bend: {
            try $0.remove { $0.hasPrefix("ORC") }
        },
        ControlCase("no TXA in an MDM is AE 100", "mdm-initial", ["100 TXA"]) { try $0.remove { $0.hasPrefix("TXA") } },
        ControlCase("no EVN in an MDM is AE 100", "mdm-initial", ["100 EVN"]) { try $0.remove { $0.hasPrefix("EVN") } },
        ControlCase("an ORU without a visit is accepted", "oru-initial") { try $0.remove { $0.hasPrefix("PV1") } },
        ControlCase("two PID are AE 198", "oru-initial", ["198 PID[2]"]) { try $0.insert("PID|2||1^^^X&1.2.3&ISO^PI||A^B^^^^^L", after: "PID") },
        ControlCase("ORC-1 outside its table is AE 103", "oru-initial", ["103 ORC-1"]) { try $0.set("ORC-1", "XO") },
        ControlCase("ORC-1 SC is let in by setting", "oru-initial") {
            $0.compatibility = .former
        } bend: {
            try $0.set("ORC-1", "SC")
        },
        ControlCase("PV1-2 outside its table is AE 103", "oru-initial", ["103 PV1-2"]) { try $0.set("PV1-2", "B") },
        ControlCase("PV1-19 is required in a stay", "oru-initial", ["101 PV1-19"]) { try $0.replace("26000451-1^^^CH-DEMO&1.2.250.1.999.7.2&ISO^VN", "") },
        ControlCase("PV1-19 is not required outside a stay", "oru-initial") {
            try $0.replace("26000451-1^^^CH-DEMO&1.2.250.1.999.7.2&ISO^VN", "")
            try $0.set("PV1-2", "N")
        },
        ControlCase("the coding system of OBR-4 is required with its code", "oru-initial", ["101 OBR-4.3"]) { try $0.set("OBR-4.3", "") },
        ControlCase("another coding system is AE 103", "oru-initial", ["103 OBR-4.3"]) { try $0.set("OBR-4.3", "LOCAL") },
        ControlCase("a type unknown to JDV_J07 is AE 103", "oru-initial", ["103 OBR-4.1"]) {
            $0.isDocumentType = { $0 == "18748-4" }
        } bend: { _ in
        },
        ControlCase("TXA-2 is required", "mdm-initial", ["101 TXA-2"]) { try $0.set("TXA-2", "") },
        ControlCase("TXA-12 is required", "mdm-initial", ["101 TXA-12"]) { try $0.set("TXA-12", "") },
        ControlCase("TXA-13 is required by T10", "mdm-replacement", ["101 TXA-13"]) { try $0.set("TXA-13", "") },
        ControlCase("TXA-13 is tolerated in a deletion", "mdm-deletion") { try $0.set("TXA-13", "1.2.250.1.999.7.9.20260115.12") },
        ControlCase("TXA-17 is AU", "mdm-initial", ["103 TXA-17"]) { try $0.set("TXA-17", "LA") },
        ControlCase("TXA-17 LA is let in by setting", "mdm-initial") {
            $0.compatibility = .former
        } bend: {
            try $0.set("TXA-17", "LA")
        },
        ControlCase("OBX-11 of the document outside its table is AE 103", "oru-initial", ["103 OBX-11"]) { try $0.set("OBX[1]-11", "P") },
        ControlCase("the document is XML in Base64", "oru-initial", ["103 OBX-5.3"]) { try $0.set("OBX[1]-5.3", "PDF") },
        ControlCase("a document that says another encoding is AE 103", "oru-initial", ["103 OBX-5.4"]) { try $0.set("OBX[1]-5.4", "Hex") },
        ControlCase("a document without content is AE 101", "oru-initial", ["101 OBX-5.5"]) { try $0.set("OBX[1]-5.5", "") },
        ControlCase("a second document in OBX-5, after ~, is AE 198", "oru-initial", ["198 OBX-5"]) {
            try $0.field("OBX|1|", 5) { "\($0)~^TEXT^XML^Base64^PGEvPg==" }
        },
        ControlCase("a ~ with nothing behind it is no second document", "oru-initial") { try $0.field("OBX|1|", 5) { "\($0)~" } },
        ControlCase("no document is AE 101", "oru-initial", ["101 OBX-2"]) {
            try $0.remove { $0.hasPrefix("OBX|1|") || $0.hasPrefix("PRT") || $0.hasPrefix("OBX|12") || $0.hasPrefix("OBX|13") }
        },
        ControlCase("an MDM with two documents is AE 198", "mdm-initial", ["198 OBX[2]", "207 OBX[2]-5.5"]) {
            let first = String(decoding: try $0.message.segments("OBX")[0].raw, as: UTF8.self)
            try $0.insert(first, after: "PRT")
        },
        ControlCase("extra segments and fields are ignored", "oru-initial") { try $0.insert("ZZZ|anything|at all", after: "PID") },
        ControlCase("the order of the metadata is free", "oru-initial") {
            let flag = String(decoding: try $0.message.segments("OBX").first { $0.value(3) == "DESTDMP" }?.raw ?? [], as: UTF8.self)
            try $0.remove { $0.contains("^Destinataire DMP^") }
            try $0.insert(flag, after: "OBX|13")
        },
    ]

    @Test("segments, required fields and tables", arguments: cases)
    func structure(_ row: ControlCase) throws { try row.check() }

    static let metadataRows: [ControlCase] =
        MetadataCode.allCases.map { code in
            ControlCase("\(code.rawValue) absent is AE 101", "oru-initial", ["101 OBX[13]-3"]) {
                try $0.remove { $0.hasPrefix("OBX") && $0.contains("|\(code.rawValue)^") }
            }
        } + [
            ControlCase("an answer other than Y and N is AE 103", "oru-initial", ["103 OBX[2]-5"]) { try $0.answer(.maskedFromProfessionals, "O") },
            ControlCase("an empty answer is AE 101", "oru-initial", ["101 OBX[2]-5"]) { try $0.answer(.maskedFromProfessionals, "") },
            ControlCase("a question answered twice is AE 198", "oru-initial", ["198 OBX[14]-3"]) {
                try $0.insert("OBX|14|CE|DESTDMP^Destinataire DMP^MetaDMPMSS||N^^expandedYes-NoIndicator||||||F", after: "OBX|13")
            },
            ControlCase("former names are unknown by default", "oru-initial", ["101 OBX[14]-3"]) {
                try $0.replace("|INVISIBLE_REP_LEGAUX^", "|INVISIBLE_REPRESENTANTS_LEGAUX^")
            },
            ControlCase("former names are read by setting", "oru-initial") {
                $0.compatibility = .former
            } bend: {
                try $0.replace("|INVISIBLE_REP_LEGAUX^", "|INVISIBLE_REPRESENTANTS_LEGAUX^")
                try $0.replace("|MODIF_CONF_CODE^", "|MODIF_CONFIDENTIALITYCODE^")
                try $0.replace("|ACK_LECTURE_MSS^", "|ACK_LECTURE^")
            },
            ControlCase("no destination at all is AE 207", "oru-initial", ["207 OBX[7]-5"]) {
                for code in [MetadataCode.toDMP, .toProfessionals, .toPatient] { try $0.answer(code, "N") }
            },
            ControlCase("no destination is let through by setting", "oru-initial") {
                $0.acceptsNoDestination = true
            } bend: {
                for code in [MetadataCode.toDMP, .toProfessionals, .toPatient] { try $0.answer(code, "N") }
            },
            ControlCase("an answer with a second one behind ~ is AE 198", "oru-initial", ["198 OBX[2]-5"]) {
                try $0.field("OBX|2|", 5) { "\($0)~Y^^expandedYes-NoIndicator" }
            },
            ControlCase("a mail body that is not in OBX-5.5 is AE 101", "oru-initial", ["101 OBX[12]-5.5"]) { try $0.field("OBX|12|", 5) { _ in "Bonjour" } },
            ControlCase("a mail body whose OBX-5.5 is empty is AE 101", "oru-initial", ["101 OBX[13]-5.5"]) {
                try $0.field("OBX|13|", 5) { _ in "^TEXT^^Base64^" }
            },
            ControlCase("a mail body whose OBX-5 is empty is none: the settings' text stands for it", "oru-initial") { try $0.field("OBX|12|", 5) { _ in "" } },
            ControlCase("a mail body that is not used is a warning", "oru-initial") {
                try $0.field("OBX|12|", 5) { _ in "Bonjour" }
                try $0.answer(.toProfessionals, "N")
            },
            ControlCase("two CORPSMAIL_PS are AE 198", "oru-initial", ["198 OBX[14]-3"]) {
                try $0.insert("OBX|14|ED|CORPSMAIL_PS^Corps du mail pour un PS^MetaDMPMSS||^TEXT^^Base64^QXV0cmU=||||||F", after: "OBX|13")
            },
            ControlCase("two CORPSMAIL_PATIENT are AE 198", "oru-initial", ["198 OBX[14]-3"]) {
                try $0.insert("OBX|14|ED|CORPSMAIL_PATIENT^Corps du mail pour le patient^MetaDMPMSS||^TEXT^^Base64^QXV0cmU=||||||F", after: "OBX|13")
            },
            ControlCase("a second body in OBX-5, after ~, is AE 198", "oru-initial", ["198 OBX[12]-5"]) {
                try $0.field("OBX|12|", 5) { _ in "^TEXT^^Base64^Qm9uam91cg==~^TEXT^^Base64^QXV0cmU=" }
            },
            ControlCase("a mail body whose Base64 is cut is AE 102", "oru-initial", ["102 OBX[12]-5.5"]) { try $0.set("OBX[12]-5.5", "Q2hle") },
        ]

    @Test(
        "the ten metadata and the bodies of the mails",
        arguments: metadataRows.filter { !$0.testDescription.contains("DEST") || !$0.testDescription.contains("absent") })
    func metadata(_ row: ControlCase) throws { try row.check() }

    @Test("a destination flag that is absent is AE 101", arguments: [MetadataCode.toDMP, .toProfessionals, .toPatient])
    func destination(_ code: MetadataCode) throws {
        let found = try ControlCase("", "oru-initial") { try $0.remove { $0.hasPrefix("OBX") && $0.contains("|\(code.rawValue)^") } }.findings()
        #expect(found.contains { $0.code == 101 && $0.location?.description == "OBX[13]-3" && $0.text.en.contains(code.rawValue) })
    }
}
