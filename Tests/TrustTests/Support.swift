import FoundationEssentials
import Glibc
import Testing
import Trust

/// Files of the repository.
func bytes(_ path: String, _ here: String = #filePath) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: repository(here) + "/" + path)))
}

func repository(_ here: String = #filePath) -> String { here.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } }

func dmp(_ name: String) throws -> [UInt8] { try bytes("Tests/Fixtures/dmp/" + name) }

/// Runs a command line; its exit code and what it said.
func run(_ command: String, _ arguments: [String]) throws -> (code: Int32, text: String) {
    let quoted = ([command] + arguments).map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
    let out = FileManager.default.temporaryDirectory.appending(path: "trust-tests-\(Digest.hex(RandomBytes.make(8)))").path
    defer { try? FileManager.default.removeItem(atPath: out) }
    let status = system("\(quoted) > '\(out)' 2>&1 < /dev/null")
    let text = String(decoding: try Data(contentsOf: URL(filePath: out)), as: UTF8.self)
    return ((status >> 8) & 0xFF, text)
}

/// Whether the command line is installed.
func has(_ command: String) -> Bool { (try? run("sh", ["-c", "command -v \(command)"]))?.code == 0 }

/// The throw-away PKI: `PASSERELLE_PKI`, or one that the tests of all modules share for a day.
enum PKI {
    static let folder: String = {
        if let given = getenv("PASSERELLE_PKI") { return String(cString: given) }
        let folder = FileManager.default.temporaryDirectory.appending(path: "passerelle-test-pki-\(getuid())").path
        let made = try? run("\(repository())/Deploy/pki.sh", [folder])
        if made?.code != 0 { Issue.record("pki.sh: \(made?.text ?? "cannot run")") }
        return folder
    }()

    static func file(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: folder + "/" + name))) }
    static func certificate(_ name: String) throws -> Certificate { try Certificate(pem: file(name + ".pem")) }
    static func key(_ name: String) throws -> PrivateKey { try PrivateKey(pem: file(name + ".key")) }
    static func identity(_ name: String) throws -> Identity { try Identity(certificatePEM: file(name + ".chain.pem"), keyPEM: file(name + ".key")) }
    static func chain(_ name: String) throws -> [[UInt8]] { try Certificate.all(pem: file(name + ".chain.pem")).map(\.der) }
    static func store(_ folder: String) throws -> TrustStore {
        try TrustStore(authorities: [file(folder + "/ca.pem")], revocationLists: [file(folder + "/ca.crl")])
    }
}

/// Now, in seconds since 1970.
func now() -> Int64 { Int64(Date().timeIntervalSince1970) }

/// Writes bytes to a file of its own and hands over its path.
func withFile<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
    let path = FileManager.default.temporaryDirectory.appending(path: "trust-tests-\(Digest.hex(RandomBytes.make(8))).xml").path
    try Data(bytes).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}
