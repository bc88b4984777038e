import France
import FoundationEssentials
import HL7v2
import Testing

/// The official HL7 examples, where they are at hand (PASSERELLE_SAMPLES, else ../shared/samples): they carry no licence and are not
/// kept here. Several are faulty, and then the right outcome is the named refusal. The composed twins are in the other tests.
@Suite("Official examples of the volets (read in place, skipped when absent)")
struct OfficialExamplesTests {
    static let folder: String? = {
        let root = ProcessInfo.processInfo.environment["PASSERELLE_SAMPLES"] ?? RequestFixture.root + "/../shared/samples"
        let folder = root + "/hl7v2"
        return FileManager.default.fileExists(atPath: folder) ? folder : nil
    }()

    /// What the specification demands of a file of this name.
    enum Demand: Sendable, Equatable {
        /// AA under these settings.
        case accepted
        /// AE with this code at this place among its errors.
        case refused(String)
        /// Bytes that are no message.
        case unreadable(Int)
    }

    /// In a test environment that lets production INS in. Keys are ends of paths; the longest that fits decides.
    static let demands: [(end: String, former: Bool, demand: Demand)] = [
        ("V2.1/MDM/Transmission_initiale_MDM/message_MDM_CR_Radio_INIT_N1_Base64.er7", false, .accepted),
        ("V2.1/MDM/Remplacement_MDM/message_MDM_CR_Radio_RPLC_N1.er7", false, .accepted),
        // The document is a stub, no CDA.
        ("V2.1/MDM/Transmission_initiale_MDM/message_MDM_CR_Radio_INIT_N1.er7", false, .refused("207 OBX-5.5")),
        // The patient's mailbox has 20 digits and is not the INS of PID-3.
        ("message_ORU_CR_Bio_INIT_N3_SEGUR.hl7", false, .refused("207 PRT[3]-15.4")),
        ("V2.1/ORU/Transmission_initiale_ORU/message_ORU_CR_Bio_INIT_N1_N3.hl7", false, .refused("207 OBX-5.5")),
        ("V2.1/ORU/Remplacement_ORU/message_ORU_CR_Bio_RPLC_N1_N3.er7", false, .refused("207 OBX-5.5")),
        // PID and embedded documents are of different patients: never to be sent.
        ("message_ORU_CR_Bio_DEL_N1_Base64_N3_Base64.er7", false, .refused("207 PID-3.1")),
        // U+02DC stands where `~` should.
        ("V2.0/ORU/Remplacement_ORU/message_ORU_CR_Bio_RPLC_N1_N3.er7", false, .unreadable(100)),
        ("V2.0/MDM/Transmission_initiale_MDM/message_MDM_CR_Radio_INIT_N1.er7", false, .refused("203 MSH-21.1")),
        ("V2.0/MDM/Remplacement_MDM/message_MDM_CR_Radio_RPLC_N1.er7", false, .refused("203 MSH-21.1")),
        ("V1.2/MDM/message.hl7", false, .refused("203 MSH-21.2")),
        // With former versions let in, the stubs are what remains wrong.
        ("V2.0/MDM/Transmission_initiale_MDM/message_MDM_CR_Radio_INIT_N1.er7", true, .refused("207 OBX-5.5")),
        ("V2.0/MDM/Remplacement_MDM/message_MDM_CR_Radio_RPLC_N1.er7", true, .refused("207 OBX-5.5")),
        ("V1.2/MDM/message.hl7", true, .refused("207 OBX-5.5")),
    ]

    /// Every message of the folder.
    static var messages: [String] {
        guard let folder, let all = FileManager.default.enumerated(folder) else { return [] }
        return all.filter { !$0.lowercased().hasSuffix(".xml") }.sorted()
    }

    func read(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw RequestFixture.Missing(what: path) }
        return Array(data)
    }

    func settings(former: Bool) -> ControlSettings {
        var settings = ControlSettings(environment: .test)
        settings.productionINSInTest = true
        settings.compatibility = former ? .former : []
        return settings
    }

    @Test("CDA requests: accepted, or refused for the reason that the example carries")
    func requests() throws {
        var count = 0
        for path in Self.messages {
            for (end, former, demand) in Self.demands where path.hasSuffix(end) {
                count += 1
                guard case .unreadable(let code) = demand else {
                    let message = try HL7Message(read(path))
                    let errors = RequestControl.findings(message: message, settings: settings(former: former)).filter { $0.severity == .error }
                        .map { "\($0.code) \($0.location?.description ?? "")" }
                    if case .refused(let named) = demand { #expect(errors.contains(named), "\(end): \(errors)") } else { #expect(errors == [], "\(end)") }
                    continue
                }
                do {
                    _ = try HL7Message(read(path))
                    Issue.record("\(end) was read")
                } catch let error as HL7Error { #expect(error.code == code) }
            }
        }
        print("official CDA requests judged: \(count)")
        if Self.folder != nil { #expect(count >= Self.demands.count) }
    }

    @Test("strict masking refuses the official initial MDM, outside the matrix of the volet")
    func strict() throws {
        var count = 0
        for path in Self.messages where path.hasSuffix("V2.1/MDM/Transmission_initiale_MDM/message_MDM_CR_Radio_INIT_N1_Base64.er7") {
            count += 1
            var settings = settings(former: false)
            settings.masking = .strict
            let errors = RequestControl.findings(message: try HL7Message(read(path)), settings: settings).filter { $0.severity == .error }
            #expect(errors.map { "\($0.code) \($0.location?.description ?? "")" } == ["207 OBX[8]-5"])
        }
        print("official examples under strict masking: \(count)")
    }

    @Test("messages that are no CDA request are refused by type, event or interface; none is taken for one")
    func others() throws {
        var count = 0
        for path in Self.messages where !Self.demands.contains(where: { path.hasSuffix($0.end) }) {
            guard let message = try? HL7Message(read(path)) else { continue }
            count += 1
            let errors = RequestControl.findings(message: message, settings: settings(former: false)).filter { $0.severity == .error }
            #expect(errors.contains { [200, 201, 203].contains($0.code) }, "\(path)")
        }
        print("other official messages judged: \(count)")
    }

    @Test("ZAM of the examples have the shape that ours have: code, control id, answer, recipient, ERR-5")
    func acknowledgements() throws {
        var count = 0
        for path in Self.messages where path.contains("V2.1/") && path.contains("Message_metier") {
            count += 1
            let official = try HL7Message(read(path))
            let recipient = ZAM.Recipient(identifier: official.value("OBX[2]-4"), address: official["OBX[2]-5.4"])
            let subject: ZAM.Subject = official["MSH-9.2"] == "Z01" ? .dmp : official["MSH-9.2"] == "Z02" ? .delivery(recipient) : .reading(recipient)
            let result: ZAM.Result = official["OBX-5.1"] == "Y" ? .positive : .negative(ZAM.dmpCode(official["ERR-5.1"], label: official["ERR-5.2"]))
            let request = try HL7Message(Array("MSH|^~\\&|A|B|C|D|2026||ORU^R01|\(official["OBX-4"])|P|2.5\r".utf8))
            let ours = try HL7Message(ZAM(subject, result, eventTime: official["EVN-2"]).message(answering: request, controlID: "1", time: "2026"))
            for name in ["EVN", "OBX", "ERR"] {
                #expect(ours.segments(name).count == official.segments(name).count, "\(path)")
                for (mine, theirs) in zip(ours.segments(name), official.segments(name)) where name != "ERR" {
                    for field in 1...11 { #expect(mine.raw(field) == theirs.raw(field), "\(path) \(name)-\(field)") }
                }
            }
            #expect(ours.value("ERR-5.1") == official.value("ERR-5.1"))
        }
        print("official business acknowledgements compared: \(count)")
    }
}

extension FileManager {
    /// Paths of the files below a folder.
    fileprivate func enumerated(_ folder: String) -> [String]? {
        guard let names = try? contentsOfDirectory(atPath: folder) else { return nil }
        return names.flatMap { name -> [String] in
            let path = folder + "/" + name
            var isFolder = false
            guard fileExists(atPath: path, isDirectory: &isFolder) else { return [] }
            return isFolder ? enumerated(path) ?? [] : [path]
        }
    }
}
