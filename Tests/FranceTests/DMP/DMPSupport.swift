import Clinical
import FoundationEssentials
import France
import Glibc
import HL7v2
import Testing
import Trust
import XMLTree

/// What the tests of the lot and of the VIHF share.
enum DMPFixture {
    static let repository = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }

    static func file(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: "\(repository)/\(path)"))) }

    static func tables() throws -> DMPTables {
        try DMPTables { (name: String) throws(CodeTableError) in
            guard let text = try? file("Mappings/tables/\(name)") else { throw CodeTableError(file: name, line: 0, text: "absent") }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// The throw-away authority of IGC-Santé's shape: `PASSERELLE_PKI`, or one that the tests of all modules share for a day.
    static let pki: String = {
        if let given = getenv("PASSERELLE_PKI") { return String(cString: given) }
        let folder = FileManager.default.temporaryDirectory.appending(path: "passerelle-test-pki-\(getuid())").path
        let made = try? shell("'\(repository)/Deploy/pki.sh' '\(folder)'")
        if made?.code != 0 { Issue.record("pki.sh: \(made?.text ?? "cannot run")") }
        return folder
    }()

    static func seal(_ name: String = "sign") throws -> Identity {
        func part(_ suffix: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: "\(pki)/igc/\(name)\(suffix)"))) }
        return try Identity(certificatePEM: part(".chain.pem"), keyPEM: part(".key"))
    }

    /// Runs a shell line; `$FILE` names a file that holds `bytes`.
    static func shell(_ line: String, _ bytes: [UInt8] = []) throws -> (code: Int32, text: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "france-tests-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(bytes).write(to: folder.appending(path: "in.xml"))
        let status = system("FILE='\(folder.path)/in.xml'; (\(line)) > '\(folder.path)/out' 2>&1 < /dev/null")
        return ((status >> 8) & 0xFF, String(decoding: try Data(contentsOf: folder.appending(path: "out")), as: UTF8.self))
    }

    /// `xmlsec1 --verify` trusts the authority of the throw-away PKI.
    static func xmlsec(_ bytes: [UInt8], _ options: String) throws -> (code: Int32, text: String) {
        try shell("xmlsec1 --verify \(options) --trusted-pem '\(pki)/igc/root.pem' --untrusted-pem '\(pki)/igc/issuer.pem' \"$FILE\"", bytes)
    }

    static func request(_ name: String) throws -> DocumentRequest {
        DocumentRequest(try HL7Message(file("Tests/Fixtures/messages/\(name).hl7")))
    }

    static let professionals = [
        "810098765430": ProfessionalRole(profession: "10", specialty: "SM26"), "99700099999": ProfessionalRole(profession: "60", specialty: nil),
    ]

    static func submitter(_ request: DocumentRequest, _ professionals: [String: ProfessionalRole] = professionals) throws -> DMPSubmitter {
        try DMPSubmitter(
            #require(request.sender), facility: "1990000010", facilityName: "CH DE DEMONSTRATION",
            application: request.header.sendingApplication, professionals: professionals, tables: tables())
    }

    static let key = (0..<16).map { UInt8($0) }

    static func input(_ name: String = "oru-initial", documents: [DMPDocument]? = nil, key: [UInt8] = key) throws -> DMPLotInput {
        let request = try request(name)
        let decoded = try documents ?? request.documents.map { try DMPDocument($0.decoded()) }
        return DMPLotInput(
            request, ins: try #require(request.patient.ins), documents: decoded, submitter: try submitter(request),
            ids: try DerivedIDs(key: key, root: "1.2.250.1.999.77.1"), accepted: 1_772_442_900_123, seal: try seal())
    }

    static func document(_ name: String) throws -> DMPDocument { try DMPDocument(file("Tests/Fixtures/cda/\(name).xml")) }

    static func lot(_ input: DMPLotInput) throws -> DMPLot { try DMPLot(input, tables: tables()) }
}
