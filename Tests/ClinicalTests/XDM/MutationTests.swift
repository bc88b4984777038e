import Testing

@testable import Clinical

/// A generator whose numbers are the same in every run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64 = 42

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}

@Suite("Damaged archives and mails end in an error or a reading, never in a crash")
struct MutationTests {
    @Test("ten thousand archives with bytes changed, cut out or doubled")
    func archives() throws {
        var chance = Seeded()
        let good = try XDMArchive.bytes(
            source: XDMArchiveTests.source, metadata: Array("<m/>".utf8), documents: XDMArchiveTests.documents, stamp: "20260115093207")
        var read = 0
        for _ in 0..<10_000 where (try? ReadXDM(mutated(good, &chance))) != nil { read += 1 }
        #expect(read < 10_000)
    }

    @Test("ten thousand mails with bytes changed, cut out or doubled")
    func mails() throws {
        var chance = Seeded()
        var headers = MailHeaders()
        try headers.text("Subject", "XDM/1.0/DDM+CR d'imagerie médicale")
        let good = try MailBytes(headers, boundary: "=_b", parts: [.text("a\nb"), .attachment([1, 2, 3], type: "application/zip", name: "é.zip")])
        for _ in 0..<10_000 {
            guard let mail = try? ReadMail(mutated(good.pieces.flatMap(\.self), &chance)) else { continue }
            for part in mail.all { _ = part.decoded }
        }
    }

    private func mutated(_ bytes: [UInt8], _ chance: inout Seeded) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &chance) where bytes.count > 8 {
            let at = Int.random(in: 0..<bytes.count, using: &chance)
            switch Int.random(in: 0..<4, using: &chance) {
            case 0: bytes.removeSubrange(at..<min(at + 8, bytes.count))
            case 1: bytes.insert(contentsOf: bytes[at..<min(at + 8, bytes.count)], at: at)
            default: bytes[at] = UInt8.random(in: 0...255, using: &chance)
            }
        }
        return bytes
    }
}
