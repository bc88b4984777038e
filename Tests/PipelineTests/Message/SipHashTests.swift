import Testing

@testable import Pipeline

@Suite("Keys and keyed hashes")
struct SipHashTests {
    /// The key of the reference vectors: bytes 00 to 0f, little-endian halves.
    private let reference = SipHash(secret: Key128(high: 0x0706_0504_0302_0100, low: 0x0f0e_0d0c_0b0a_0908))

    @Test(
        "the hash gives the reference vectors of SipHash-2-4-128",
        arguments: [
            ([UInt8](), "e6a825ba047f81a3930255c71472f66d"), ([0], "44af996bd8c187da45fc229b11597634"),
        ])
    func vectors(input: [UInt8], expected: String) { #expect(reference.hash(input).hex == expected) }

    @Test("fields are framed: the same letters cut elsewhere give another key")
    func framed() { #expect(reference.key("ab", "c") != reference.key("a", "bc")) }

    @Test(
        "26 base-32 letters hold a key and give it back",
        arguments: [
            Key128(high: 0, low: 0), Key128(high: .max, low: .max), Key128(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210),
            Key128(high: 0x8000_0000_0000_0001, low: 0x8000_0000_0000_0001),
        ])
    func base32(key: Key128) {
        let text = key.base32()
        #expect(text.count == 26)
        #expect(Key128(base32: text) == key)
        #expect(Key128(base32: text.lowercased()) == key)
        #expect(key.base32(letters: 20) == String(text.prefix(20)))
    }

    @Test("text that is no key is refused", arguments: ["", "0", "UUUUUUUUUUUUUUUUUUUUUUUUUU", "000000000000000000000000000"])
    func refused(text: String) { #expect(Key128(base32: text) == nil) }

    @Test("message ids rise with time and sort as their text")
    func ids() {
        struct Fixed: Randomness { func next() -> UInt64 { 0xFFFF_FFFF_FFFF_FFFF } }
        let early = MessageID(at: Instant(milliseconds: 1_700_000_000_000), Fixed()), late = MessageID(at: Instant(milliseconds: 1_700_000_000_001), Fixed())
        #expect(early < late)
        #expect(early.description < late.description)
        #expect(MessageID(late.description) == late)
    }
}
