import Foundation
import Pipeline

/// A throw-away certificate authority made with openssl, in a folder of the run: server, good client, expired, revoked, and a stranger's.
final class TestPKI: Sendable {
    let folder: String
    static let shared: TestPKI? = try? TestPKI()

    var trust: [String: TrustReference] {
        ["hopital": TrustReference(authorities: [path("ca.pem")], revocationLists: [path("ca.crl")])]
    }

    func path(_ name: String) -> String { folder + "/" + name }

    private init() throws {
        folder = try folderOfTheRun("passerelle-pki")
        try TestPKI.script.write(toFile: folder + "/make.sh", atomically: true, encoding: .utf8)
        guard try run("/bin/bash", ["-e", folder + "/make.sh"], in: folder).status == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    private static let script = """
        cat > ca.cnf <<'END'
        [ca]
        default_ca = d
        [d]
        dir = .
        database = ./index.txt
        new_certs_dir = .
        serial = ./serial
        default_md = sha256
        policy = p
        default_crl_days = 30
        unique_subject = no
        copy_extensions = copy
        [p]
        commonName = supplied
        [req]
        distinguished_name = dn
        [dn]
        [server]
        extendedKeyUsage = serverAuth
        subjectAltName = DNS:localhost,IP:127.0.0.1
        [other]
        extendedKeyUsage = serverAuth
        subjectAltName = DNS:elsewhere.example
        [client]
        extendedKeyUsage = clientAuth
        [authority]
        basicConstraints = critical,CA:TRUE
        keyUsage = critical,keyCertSign,cRLSign
        END
        touch index.txt; echo 1000 > serial
        for ca in ca stranger; do
          openssl req -x509 -newkey rsa:2048 -nodes -keyout $ca.key -out $ca.pem -days 30 -subj "/CN=Test $ca" -config ca.cnf -extensions authority
        done
        issue() { # name, section, authority, extra
          openssl req -newkey rsa:2048 -nodes -keyout $1.key -out $1.csr -subj "/CN=$1.exemple" -config ca.cnf
          openssl ca -batch -config ca.cnf -cert $3.pem -keyfile $3.key -extensions $2 -in $1.csr -out $1.pem -notext $4 $5 $6 $7
        }
        issue server server ca -days 10
        issue other other ca -days 10
        issue dpi client ca -days 10
        issue revoked client ca -days 10
        issue expired client ca -startdate 20200101000000Z -enddate 20200201000000Z
        issue foreign client stranger -days 10
        openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -revoke revoked.pem
        openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -gencrl -out ca.crl
        """
}

/// Starts a process; one at a time, since Foundation can crash when two threads do it at the same moment. The lock is a file's, for all modules of tests.
func launch(_ process: Process) throws {
    let lock = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
    defer { close(lock) }
    flock(lock, LOCK_EX)
    try process.run()
}

/// Runs a program to its end.
@discardableResult
func run(_ program: String, _ arguments: [String], in folder: String? = nil, input: [UInt8] = [], environment: [String: String]? = nil) throws -> (
    status: Int32, output: String
) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    if let environment { process.environment = environment }
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stdout
    try launch(process)
    try? stdin.fileHandleForWriting.write(contentsOf: Data(input))
    try? stdin.fileHandleForWriting.close()
    let output = stdout.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}
