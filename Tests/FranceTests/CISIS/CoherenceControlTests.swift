import France
import HL7v2
import Testing

@Suite("Coherence, masking, parties (volet Transmission de documents CDA-R2 en HL7v2 2.1)")
struct CoherenceControlTests {
    static let coherenceRows: [ControlCase] = [
        ControlCase("ORC-1 NW with OBX-11 C is AE 207", "oru-initial", ["207 ORC-1"]) { try $0.set("OBX[1]-11", "C") },
        ControlCase("ORC-1 RO with OBX-11 F is AE 207", "oru-replacement", ["207 ORC-1"]) { try $0.set("OBX[1]-11", "F") },
        ControlCase("T02 with ORC-1 CA and OBX-11 D is AE 207", "mdm-initial", ["207 ORC-1"]) {
            try $0.set("ORC-1", "CA")
            try $0.set("OBX[1]-11", "D")
        },
        ControlCase("T10 with ORC-1 NW is AE 207", "mdm-replacement", ["207 ORC-1"]) { try $0.set("ORC-1", "NW") },
        ControlCase("two documents of an ORU with different OBX-11 are AE 207", "oru-two-documents", ["207 ORC-1", "207 OBX[2]-11"]) {
            try $0.set("OBX[2]-11", "C")
        },
        ControlCase("a second ORC that contradicts the first is AE 207", "oru-initial", ["207 ORC[2]-1"]) { try $0.insert("ORC|CA", after: "OBR") },
        ControlCase("a second ORC that names no order is AE 207", "oru-initial", ["207 ORC[2]-1"]) { try $0.insert("ORC||X", after: "OBR") },
        ControlCase("a second ORC that says the same is accepted (ORDER_OBSERVATION repeats)", "oru-initial") { try $0.insert("ORC|NW", after: "OBR") },
        ControlCase("MODIF_CONF_CODE=Y with an initial sending is AE 207", "oru-initial", ["207 OBX[6]-5"]) { try $0.answer(.confidentialityChange, "Y") },
        ControlCase("MODIF_CONF_CODE=Y with a deletion is AE 207", "mdm-deletion", ["207 OBX[6]-5"]) { try $0.answer(.confidentialityChange, "Y") },
    ]

    @Test("event, ORC-1 and OBX-11 agree", arguments: coherenceRows)
    func coherence(_ row: ControlCase) throws { try row.check() }

    @Test("the refusal names the three values")
    func names() throws {
        let found = try ControlCase("", "mdm-replacement") { try $0.set("ORC-1", "NW") }.findings()
        #expect(found.first { $0.code == 207 }?.text.en.contains("T10, ORC-1=NW, OBX-11=C") == true)
    }

    static let maskingRows: [ControlCase] = [
        ControlCase("rules: hidden from the patient and mailed to the patient is AE 207", "refused/hidden-from-patient", ["207 OBX[3]-5"]),
        ControlCase("rules: hidden from the patient and mailed to professionals is accepted", "oru-replacement") { try $0.answer(.hiddenFromPatient, "Y") },
        ControlCase("rules: nothing hidden, professionals only, is accepted", "oru-replacement"),
        ControlCase("rules: masked from professionals and mailed to them is AE 207", "oru-replacement", ["207 OBX[2]-5"]) {
            try $0.answer(.maskedFromProfessionals, "Y")
        },
        ControlCase("rules: masked from professionals is mailed to them by setting", "oru-replacement") {
            $0.mailsMaskedToProfessionals = true
        } bend: {
            try $0.answer(.maskedFromProfessionals, "Y")
        },
        ControlCase("rules: hidden from representatives of an adult is accepted", "oru-initial") { try $0.answer(.hiddenFromRepresentatives, "Y") },
        ControlCase("rules: hidden from representatives of a minor, to the patient, is AE 207", "oru-initial", ["207 OBX[4]-5", "207 PID-7"]) {
            try $0.answer(.hiddenFromRepresentatives, "Y")
            try $0.set("PID-7", "20080116")
        },
        ControlCase("rules: eighteen on the day of the message is no minor", "oru-initial", ["207 PID-7"]) {
            try $0.answer(.hiddenFromRepresentatives, "Y")
            try $0.set("PID-7", "20080115")
        },
        ControlCase("rules: masking does not matter when no mail is asked for", "mdm-visibility") { try $0.answer(.maskedFromProfessionals, "Y") },
        ControlCase("strict: row 1, to professionals and the patient, nothing hidden", "oru-initial") {
            $0.masking = .strict
        } bend: { _ in
        },
        ControlCase("strict: row 2, professionals only, hidden from the patient", "oru-replacement") {
            $0.masking = .strict
        } bend: {
            try $0.answer(.hiddenFromPatient, "Y")
        },
        ControlCase("strict: professionals only, nothing hidden, is no row", "oru-replacement", ["207 OBX[8]-5"]) {
            $0.masking = .strict
        } bend: { _ in
        },
        ControlCase("strict: row 3, the patient only, not to the DMP, masked from professionals", "oru-initial") {
            $0.masking = .strict
        } bend: {
            try $0.answer(.toDMP, "N")
            try $0.answer(.toProfessionals, "N")
            try $0.answer(.maskedFromProfessionals, "Y")
        },
        ControlCase("strict: the patient only and the DMP is no row", "oru-initial", ["207 OBX[9]-5"]) {
            $0.masking = .strict
        } bend: {
            try $0.answer(.toProfessionals, "N")
        },
    ]

    @Test("masking: rules and strict (management rules of MSSanté)", arguments: maskingRows)
    func masking(_ row: ControlCase) throws { try row.check() }

    static let partiesRows: [ControlCase] = [
        ControlCase("no sender is AE 101", "oru-initial", ["101 PRT[4]-4"]) { try $0.remove { $0.contains("SB^Send by") } },
        ControlCase("two senders are AE 198", "mdm-initial", ["198 PRT[2]-4"]) {
            let sender = String(decoding: try $0.message.segments("PRT")[0].raw, as: UTF8.self)
            try $0.insert(sender, after: "PRT||UC||SB")
        },
        ControlCase("a sender without its structure is AE 101", "oru-initial", ["101 PRT-8"]) {
            try $0.replace("CH DE DEMONSTRATION^^^^^ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO^IDNST^^^1990000010", "")
        },
        ControlCase("SC.DMP/CONF.12: the DMP wants the structure's identifier", "oru-initial", ["101 PRT-8.10"]) { try $0.set("PRT[1]-8.10", "") },
        ControlCase("SC.DMP/CONF.12: the DMP wants a professional or a device", "oru-initial", ["101 PRT-5.1"]) { try $0.set("PRT[1]-5.1", "") },
        ControlCase("a device is a sender", "oru-initial") {
            try $0.set("PRT[1]-5.1", "")
            try $0.set("PRT[1]-10.1", "AUTOMATE-1")
        },
        ControlCase("an inner unit is no sender for the DMP", "oru-initial", ["103 PRT-8.7"]) { try $0.set("PRT[1]-8.7", "UF") },
        ControlCase("without the DMP a structure's name is enough", "oru-initial") {
            try $0.answer(.toDMP, "N")
            try $0.set("PRT[1]-8.10", "")
            try $0.set("PRT[1]-5.1", "")
        },
        ControlCase("DESTMSSANTEPS=Y without a professional is AE 101", "refused/no-recipient", ["101 PRT[4]-4"]),
        ControlCase("DESTMSSANTEPAT=Y without the patient is AE 101", "oru-replacement", ["101 PRT[4]-4"]) { try $0.answer(.toPatient, "Y") },
        ControlCase("a recipient without an address is AE 101", "oru-replacement", ["101 PRT[2]-15.4"]) { try $0.set("PRT[2]-15.4", "") },
        ControlCase("an address that is none is AE 207", "oru-replacement", ["207 PRT[2]-15.4"]) { try $0.set("PRT[2]-15.4", "anne chez essai") },
        ControlCase("an address with a line end is AE 207", "oru-replacement", ["207 PRT[2]-15.4"]) {
            try $0.set("PRT[2]-15.4", "a@b.mssante.example\nBcc: c@d.example")
        },
        ControlCase("PRT-15: the address of type X.400 is judged, whatever stands before it", "oru-replacement", ["207 PRT[2]-15[2].4"]) {
            try $0.field("PRT||UC||RCT", 15) { _ in "^NET^Internet^anne@usuel.example~^^X.400^anne chez essai" }
        },
        ControlCase("a reply address that is none is AE 207", "oru-replacement", ["207 PRT[3]-15.4"]) { try $0.set("PRT[3]-15.4", "x@") },
        ControlCase("the patient's address is the INS's, else AE 207", "refused/patient-address", ["207 PRT[3]-15.4"]),
        ControlCase("a 20-digit local part is AE 207", "oru-initial", ["207 PRT[3]-15.4"]) {
            try $0.set("PRT[3]-15.4", "27707269029910900215@patient.mssante.fr")
        },
        ControlCase("the patient's identifier is the INS, else AE 207", "oru-initial", ["207 PRT[3]-5.1"]) { try $0.set("PRT[3]-5.1", "185029910900158") },
        ControlCase("an organisation is a recipient of the professionals' family", "oru-replacement") {
            try $0.replace("899700099999^FICTIF-GAMMA^Anne^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS", "")
            try $0.set("PRT[2]-8.1", "CHIR VISCERALE")
            try $0.set("PRT[2]-8.7", "SRV")
        },
        ControlCase("PRT-4 is matched on its code alone", "oru-replacement") { try $0.replace("RCT^Result Copies To^participation", "RCT^^HL70912") },
        ControlCase("a wrong RPPS is a warning in a test environment", "oru-replacement") { try $0.set("PRT[1]-5.1", "810098765431") },
        ControlCase("a wrong RPPS is a warning in production too, unless set", "oru-initial", ["207 PID-3.4.2", "207 OBX-5.5"]) {
            $0.environment = .production
        } bend: {
            try $0.set("PRT[1]-5.1", "810098765431")
        },
        ControlCase("a wrong RPPS is AE 102 in production, by setting", "oru-initial", ["102 PRT-5.1", "207 PID-3.4.2", "207 OBX-5.5"]) {
            $0.environment = .production
            $0.refusesWrongCheckDigits = true
        } bend: {
            try $0.set("PRT[1]-5.1", "810098765431")
        },
    ]

    @Test("sender and recipients", arguments: partiesRows)
    func parties(_ row: ControlCase) throws { try row.check() }
}
