import FoundationEssentials

/// Invented messages of invented patients.
enum BenchMessages {
    /// 2 KB each, one a patient.
    static func adts(patients: Int = 1000) -> [LoadGenerator.Template] { (0..<patients).compactMap { LoadGenerator.Template(adt(patient: $0)) } }
    /// CDA requests of 6 KB, one a patient.
    static func orus(patients: Int = 1000) -> [LoadGenerator.Template] { (0..<patients).compactMap { LoadGenerator.Template(oru(patient: $0)) } }
    /// Messages that carry a document of this many bytes, one a patient.
    static func documents(_ size: Int, patients: Int = 20) -> [LoadGenerator.Template] {
        (0..<patients).compactMap { LoadGenerator.Template(adt(patient: $0, document: size)) }
    }

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

    /// A discharge, made 2 KB long by family members, or longer by a document of noise in Base64.
    static func adt(patient: Int, document: Int = 0) -> [UInt8] {
        var text =
            head("ADT^A03^ADT_A03", version: "2.5^FRA^2.11", profile: "2.11^IHE_FRANCE-2.11-PAM") + "EVN||20260115103012\r" + person(patient) + visit(patient)
        var number = 1
        while text.utf8.count < 2000 {
            text += "NK1|\(number)|EXEMPLE-ALPHA^PROCHE\(number)|SPO^Conjoint^HL70063|5 RUE DU MODELE^^VILLE-TEST^^99000^FRA^H|0102030405|||\r"
            number += 1
        }
        if document > 0 {
            var chance = SystemRandomNumberGenerator()
            let noise = (0..<(document * 3 / 4)).map { _ in UInt8(truncatingIfNeeded: chance.next()) }
            text += "OBX|1|ED|11490-0^Lettre de liaison^LN||^TEXT^PDF^Base64^\(Data(noise).base64EncodedString())||||||F\r"
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
