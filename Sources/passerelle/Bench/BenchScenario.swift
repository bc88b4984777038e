import FoundationEssentials

/// What is sent, and the configuration it meets.
struct BenchScenario {
    let name: String
    let templates: [LoadGenerator.Template]
    private let product: String
    private let route: String

    /// 2 KB ADT^A03 of 1 000 patients through a route of one `when` and one `set`; 6 KB ORU through the discharge route; null senders.
    static func all(product: String) throws -> [BenchScenario] {
        [
            BenchScenario(
                name: "ADT 2 KB", templates: (0..<1000).compactMap { LoadGenerator.Template(BenchMessages.adt(patient: $0)) }, product: product, route: "adt"),
            BenchScenario(
                name: "ORU 6 KB", templates: (0..<1000).compactMap { LoadGenerator.Template(BenchMessages.oru(patient: $0)) }, product: product,
                route: "discharge-documents"),
        ]
    }

    /// The files of the node, by name.
    func files(folder: String, port: Int) -> [String: String] {
        let isDischarge = route == "discharge-documents"
        var files = [
            "passerelle.yaml": """
            node: bench
            environment: test
            journal: {sqlite: {directory: \(folder)/journal}}
            listeners: {mllp-in: {mllp: {host: 127.0.0.1, port: \(port)}}}
            senders: {nowhere: {"null": {}}, mssante: {"null": {}}}
            lps: {name: Passerelle, version: \(Version.number)}
            routes: \(isDischarge ? product + "/Routes" : folder + "/routes")
            facilities: \(folder)/facilities
            tables: \(product)/Mappings/tables
            socket: \(folder)/p.sock
            """,
            "facilities/bench.yaml": """
            facility: bench
            name: Bench
            environment: test
            finess: {ej: "990000028", geo: "990000010"}
            identifiers: {ipp: 1.2.250.1.999.7.1, nda: 1.2.250.1.999.7.2}
            partners:
              - {application: DPI-DEMO, facility: CH-DEMO, listener: mllp-in}
            routes:
              \(route): \(isDischarge ? "{dmp: nowhere}" : "{}")
            """,
        ]
        if !isDischarge {
            files["routes/adt.yaml"] = """
                route: adt
                about: {fr: Mesure, en: Measure}
                from: mllp-in
                when: {MSH-9.1: {equals: ADT}}
                do:
                  - set: {path: MSH-6, to: BENCH}
                to:
                  - {id: nowhere, send: nowhere}
                """
        }
        return files
    }
}

/// Invented messages of invented patients.
enum BenchMessages {
    /// The INS of the n-th patient: 13 digits and their key (97 − n mod 97).
    private static func ins(_ patient: Int) -> String {
        let body = 2_690_299_109_000 + patient, key = 97 - body % 97
        return "\(body)" + (key < 10 ? "0\(key)" : "\(key)")
    }

    private static func head(_ type: String, version: String, profile: String) -> String {
        "MSH|^~\\&|DPI-DEMO|CH-DEMO|PFI-DEMO|CH-DEMO|20260115103012||\(type)|X|P|\(version)|||||FRA|UNICODE UTF-8|||\(profile)\r"
    }

    private static func person(_ patient: Int) -> String {
        "PID|1||\(700_000 + patient)^^^CH-DEMO&1.2.250.1.999.7.1&ISO^PI~\(ins(patient))^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS||"
            + "EXEMPLE-ALPHA^CAMILLE^CAMILLE LEONIE^^^^L||19690215|F|||3 RUE DU MODELE^^VILLE-TEST^^99000^FRA^H~^^^^^^BDL^^99109|||||||"
            + "\(26_000_000 + patient)^^^CH-DEMO&1.2.250.1.999.7.2&ISO^AN||||||||||||||VALI\r"
    }

    private static func visit(_ patient: Int) -> String {
        "PV1|1|I|6268^101^2^CH-DEMO||||||||||||||||\(26_000_000 + patient)-1^^^CH-DEMO&1.2.250.1.999.7.2&ISO^VN|||||||||||||||||||||||||20260112080000\r"
    }

    /// A discharge, made 2 KB long by family members and notes.
    static func adt(patient: Int) -> [UInt8] {
        var text =
            head("ADT^A03^ADT_A03", version: "2.5^FRA^2.11", profile: "2.11^IHE_FRANCE-2.11-PAM") + "EVN||20260115103012\r" + person(patient) + visit(patient)
        var number = 1
        while text.utf8.count < 2000 {
            text += "NK1|\(number)|EXEMPLE-ALPHA^PROCHE\(number)|SPO^Conjoint^HL70063|5 RUE DU MODELE^^VILLE-TEST^^99000^FRA^H|0102030405|||\r"
            number += 1
        }
        return Array(text.utf8)
    }

    /// A CDA request whose message is about 6 KB, for the DMP alone.
    static func oru(patient: Int) -> [UInt8] {
        let document = Data(BenchDocument.cda(ins: ins(patient), ipp: "\(700_000 + patient)", number: patient).utf8).base64EncodedString()
        let code = "11490-0^Lettre de liaison à la sortie d'un établissement de soins^LN"
        var text = head("ORU^R01^ORU_R01", version: "2.5", profile: "2.1^CISIS_CDA_HL7_V2") + person(patient) + visit(patient) + "ORC|NW\rOBR|1|||\(code)\r"
        text += "OBX|1|ED|\(code)||^TEXT^XML^Base64^\(document)||||||F\r"
        text +=
            "PRT||UC||SB^Send by^participation|810098765430^ESSAI-BETA^Maxime^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS|||"
            + "CH DE DEMONSTRATION^^^^^ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO^IDNST^^^1990000010\r"
        let flags = [
            "MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX", "CONNEXION_SECRETE", "MODIF_CONF_CODE", "DESTDMP", "DESTMSSANTEPS", "DESTMSSANTEPAT",
            "ACK_RECEPTION", "ACK_LECTURE_MSS",
        ]
        for (index, flag) in flags.enumerated() {
            text += "OBX|\(index + 2)|CE|\(flag)^^MetaDMPMSS||\(flag == "DESTDMP" ? "Y" : "N")^^expandedYes-NoIndicator||||||F\r"
        }
        return Array(text.utf8)
    }
}
