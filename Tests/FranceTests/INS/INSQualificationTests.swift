import France
import HL7v2
import Testing

/// A request bent in one place, and the obstacle it makes.
struct QualificationCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let obstacle: INSObstacle?
    var environment = NationalEnvironment.test
    let bend: @Sendable (inout RequestFixture) throws -> Void

    init(
        _ name: String, _ obstacle: INSObstacle?, in environment: NationalEnvironment = .test,
        bend: @escaping @Sendable (inout RequestFixture) throws -> Void = { _ in }
    ) {
        (testDescription, self.obstacle, self.environment, self.bend) = (name, obstacle, environment, bend)
    }
}

@Suite("Qualified INS: the gate of the DMP and of the patient's mail (EX_GEN identity; referential INS)")
struct INSQualificationTests {
    static let production = "1.2.250.1.213.1.4.8"
    static let cases: [QualificationCase] = [
        QualificationCase("VALI, key, traits and OID make it qualified", nil),
        QualificationCase("no INS in PID-3", .absent) { try $0.replace("269029910900215^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS~", "") },
        QualificationCase("an NH with the same OID is no INS", .absent) { try $0.replace("&ISO^INS~", "&ISO^NH~") },
        QualificationCase("an INS-C is no INS", .absent) { try $0.replace("&ISO^INS~", "&ISO^INS-C~") },
        QualificationCase("no VALI in PID-32", .notValidated) { try $0.set("PID-32", "PROV") },
        QualificationCase("PID-32 empty", .notValidated) { try $0.set("PID-32", "") },
        QualificationCase("VALI in the second repetition counts", nil) { try $0.replace("|VALI", "|RECD~VALI") },
        QualificationCase("VALI with DOUT is doubtful", .doubtful("DOUT")) { try $0.replace("|VALI", "|VALI~DOUT") },
        QualificationCase("VALI with FICT is fictitious", .doubtful("FICT")) { try $0.replace("|VALI", "|VALI~FICT") },
        QualificationCase("VALI with ANOM is abnormal", .doubtful("ANOM")) { try $0.replace("|VALI", "|ANOM~VALI") },
        QualificationCase("PID-31 = Y", .unknownIdentity) { try $0.set("PID-31", "Y") },
        QualificationCase("ZFD-4 = Y: birth date corrected by the hospital", .correctedBirthDate) { try $0.insert("ZFD||||Y", after: "PV1") },
        QualificationCase("no birth name (type L)", .missingTrait("PID-5")) { try $0.set("PID-5.7", "D") },
        QualificationCase("no given name", .missingTrait("PID-5")) {
            try $0.set("PID-5.2", "")
            try $0.set("PID-5.3", "")
        },
        QualificationCase("no full birth date", .missingTrait("PID-7")) { try $0.set("PID-7", "1969") },
        QualificationCase("sex unknown", .missingTrait("PID-8")) { try $0.set("PID-8", "U") },
        QualificationCase("no birth place of type BDL", .missingTrait("PID-11")) { try $0.replace("^BDL^", "^H^") },
        QualificationCase("a test OID in production", .registerNotAllowed, in: .production),
        QualificationCase("a wrong key in test is let through", nil) { try $0.replace("269029910900215^^^ASIP", "269029910900216^^^ASIP") },
        QualificationCase("a wrong key in production", .wrongKey, in: .production) {
            try $0.replace("269029910900215^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10", "269029910900216^^^ASIP-SANTE-INS-NIR&\(production)")
        },
        QualificationCase("fourteen digits", .malformed) { try $0.replace("269029910900215^^^ASIP", "26902991090021^^^ASIP") },
        QualificationCase("NIR and NIA: the NIR is the INS", nil) {
            try $0.replace("PID|1||", "PID|1||799069999912356^^^ASIP-SANTE-INS-NIA&1.2.250.1.213.1.4.9&ISO^INS~")
        },
    ]

    @Test("first obstacle", arguments: cases)
    func obstacle(_ row: QualificationCase) throws {
        var fixture = try RequestFixture("oru-initial")
        try row.bend(&fixture)
        let patient = DocumentRequest(try fixture.message).patient
        #expect(INSQualification.obstacle(patient, environment: row.environment) == row.obstacle)
    }
}
