import HL7v2
import Testing

@Suite struct Base64Tests {
    @Test(
        "RFC 4648 test vectors, both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) throws {
        #expect(text(Base64.encode(Array(plain.utf8))) == encoded)
        #expect(try text(Base64.decode(Array(encoded.utf8), tolerant: false)) == plain)
        #expect(try text(Base64.decode(Array(encoded.utf8.filter { $0 != UInt8(ascii: "=") }))) == plain)
    }

    @Test(
        "Blanks, line breaks, the escape of line breaks and missing or doubled padding are forgiven",
        arguments: [
            "Zm9v YmE=", "Zm9v\r\nYm\nE", "Zm9vYmE", "Zm9vYmE==", " Zm9vYmE= \n", "Zm9v\\.br\\YmE=", "Zm9v\\X0D0A\\YmE=", "Z m 9 v Y m E =",
        ])
    func tolerance(encoded: String) throws {
        #expect(try text(Base64.decode(Array(encoded.utf8))) == "fooba")
        #expect(throws: Base64Error.self) { try Base64.decode(Array(encoded.utf8), tolerant: false) }
    }

    @Test(
        "Damage is refused with its offset",
        arguments: [
            ("Zm9vY", Base64Error.badLength(offset: 5)), ("Zm9*YmE=", .badCharacter(offset: 3)), ("Zg==Zg==", .dataAfterPadding(offset: 4)),
            ("Z", .badLength(offset: 1)), ("Zm9vé", .badCharacter(offset: 4)), ("Zm9v\\never closed", .badCharacter(offset: 4)),
        ])
    func damage(encoded: String, error: Base64Error) {
        #expect(throws: error) { try Base64.decode(Array(encoded.utf8)) }
        #expect(!error.text.fr.isEmpty && error.offset >= 0)
    }

    @Test("Decoding in pieces gives the same bytes as at once, wherever lines break")
    func pieces() throws {
        var random = Seeded(state: 7)
        for length in [0, 1, 2, 3, 65_535, 65_536, 65_537, 200_001] {
            let plain = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            var encoded = [UInt8]()
            for (place, byte) in Base64.encode(plain).enumerated() {
                if place % 77 == 76 { encoded += [0x0D, 0x0A] }
                encoded.append(byte)
            }
            var joined = [UInt8]()
            try Base64.decode(encoded[...], into: { joined += $0 })
            #expect(joined == plain)
            #expect(try Base64.decode(encoded) == plain)
        }
    }
}
