import Testing
import XMLTree

@Suite("Noise") struct NoiseTests {
    /// A small generator with a seed, so that a failure can be repeated.
    struct Noise: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 11 ^ state << 40
        }
    }

    @Test("A damaged document is read or refused, never a crash; what is read has one canonical form, kept out runs or not", arguments: 1...8)
    func damaged(_ seed: UInt64) throws {
        var noise = Noise(state: seed)
        let run = String(repeating: "QUJDREVG\r\n", count: 7_000)
        let good = Array("<a xmlns='urn:a' k=\"v\"><!-- c --><b>é&amp;</b><t>\(run)</t><![CDATA[<x>]]><?p q?></a>".utf8)
        for _ in 0..<40 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &noise) {
                // The first and last bytes are the interesting ones: the rest is the run.
                let near = Bool.random(using: &noise) ? Int.random(in: 0..<60, using: &noise) : bytes.count - Int.random(in: 1..<60, using: &noise)
                bytes[near] = UInt8.random(in: 0...255, using: &noise)
            }
            let plain = try? XMLDocument(parsing: bytes)
            let elided = try? XMLDocument(parsing: bytes, eliding: true)
            #expect((plain == nil) == (elided == nil))
            if let plain, let elided { #expect(try plain.canonical(.inclusive, comments: true) == elided.canonical(.inclusive, comments: true)) }
        }
    }
}
