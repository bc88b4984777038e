import HL7v2
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Bytes of a text, line ends of the source turned into CR.
func er7(_ text: String) -> [UInt8] { text.utf8.map { $0 == 0x0A ? 0x0D : $0 } }

/// Text of bytes.
func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// A file below Tests/Fixtures/hl7v2.
func fixture(_ name: String) throws -> [UInt8] { try file(root() + "/Tests/Fixtures/hl7v2/" + name) }

/// The folder of the package.
func root() -> String { #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } }

struct NoFile: Error { let path: String }

/// All bytes of a file.
func file(_ path: String) throws -> [UInt8] {
    guard let handle = fopen(path, "rb") else { throw NoFile(path: path) }
    defer { fclose(handle) }
    var bytes = [UInt8]()
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&piece, 1, piece.count, handle)
        if count <= 0 { return bytes }
        bytes += piece[..<count]
    }
}

/// A small generator with a seed: a failure can be run again.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let mixed = (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return mixed ^ (mixed >> 33)
    }
}

let header = "MSH|^~\\&|A|B|C|D|20260101||ORU^R01^ORU_R01|ID1|P|2.5|||||FRA|UNICODE UTF-8\r"
