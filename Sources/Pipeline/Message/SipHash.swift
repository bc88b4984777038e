/// 128 bits, written as base-32 letters or as hex.
package struct Key128: Sendable, Hashable, Comparable, Codable {
    /// The high and the low half.
    package let high: UInt64, low: UInt64

    /// A key from its halves.
    package init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    package static func < (a: Key128, b: Key128) -> Bool { (a.high, a.low) < (b.high, b.low) }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// The first `letters` base-32 letters (Crockford's alphabet, 5 bits each, high bits first); 26 hold all 128 bits.
    package func base32(letters: Int = 26) -> String {
        var text = [UInt8]()
        text.reserveCapacity(letters)
        for i in 0..<letters {
            text.append(Self.alphabet[Int(bits(at: 123 - 5 * i))])  // the last of 26 letters: three bits of value, two of padding
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func bits(at: Int) -> UInt64 {
        if at >= 64 { return (high >> UInt64(at - 64)) & 31 }
        if at >= 0 { return ((low >> UInt64(at)) | (at > 59 ? high << UInt64(64 - at) : 0)) & 31 }
        return (low << UInt64(-at)) & 31
    }

    /// A key from its 26 letters; nil if they are not such.
    package init?(base32 text: String) {
        var high: UInt64 = 0, low: UInt64 = 0
        let letters = Array(text.utf8)
        guard letters.count == 26 else { return nil }
        for (i, letter) in letters.enumerated() {
            let upper = letter >= 0x61 && letter <= 0x7A ? letter - 32 : letter
            guard let value = Self.alphabet.firstIndex(of: upper) else { return nil }
            let width: UInt64 = i == 25 ? 3 : 5
            let bits = i == 25 ? UInt64(value) >> 2 : UInt64(value)
            high = (high << width) | (low >> (64 - width))
            low = (low << width) | bits
        }
        self.init(high: high, low: low)
    }

    /// 32 hex digits, lower case.
    package var hex: String { Self.hex(high) + Self.hex(low) }

    /// Bytes as hex digits, lower case.
    package static func hex(_ bytes: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { out in
            for (i, byte) in bytes.enumerated() { (out[2 * i], out[2 * i + 1]) = (digits[Int(byte >> 4)], digits[Int(byte & 15)]) }
            return bytes.count * 2
        }
    }
    private static let digits = Array("0123456789abcdef".utf8)

    private static func hex(_ n: UInt64) -> String {
        let text = String(n, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// The sixteen bytes, high first.
    package var bytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * $0)) } + (0..<8).map { UInt8(truncatingIfNeeded: low >> UInt64(56 - 8 * $0)) }
    }
}

/// SipHash-2-4 with a 128-bit result (Aumasson, Bernstein 2012): the keyed hash behind delivery keys and order keys.
/// The secret is made with the journal and kept in it, so a key says nothing of the patient to who has not the journal.
package struct SipHash: Sendable {
    private let k0: UInt64, k1: UInt64

    /// A hash with this secret.
    package init(secret: Key128) { (k0, k1) = (secret.high, secret.low) }

    /// The 128-bit hash of the fields, each preceded by its length so that no two lists of fields collide by concatenation.
    package func key(_ fields: String...) -> Key128 {
        var stream = stream()
        for field in fields { stream.frame(field) }
        return stream.finish()
    }

    /// The 128-bit hash of the bytes as they are.
    package func hash(_ bytes: [UInt8]) -> Key128 {
        var stream = stream()
        stream.add(bytes)
        return stream.finish()
    }

    /// A hash of what is added to it, without a copy.
    func stream() -> Stream { Stream(k0, k1) }

    struct Stream {
        private var v0: UInt64, v1: UInt64, v2: UInt64, v3: UInt64
        private var word: UInt64 = 0
        private var count = 0

        fileprivate init(_ k0: UInt64, _ k1: UInt64) {
            (v0, v1) = (k0 ^ 0x736f_6d65_7073_6575, k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee)
            (v2, v3) = (k0 ^ 0x6c79_6765_6e65_7261, k1 ^ 0x7465_6462_7974_6573)
        }

        private mutating func round() {
            v0 = v0 &+ v1; v1 = (v1 << 13 | v1 >> 51) ^ v0; v0 = v0 << 32 | v0 >> 32
            v2 = v2 &+ v3; v3 = (v3 << 16 | v3 >> 48) ^ v2
            v0 = v0 &+ v3; v3 = (v3 << 21 | v3 >> 43) ^ v0
            v2 = v2 &+ v1; v1 = (v1 << 17 | v1 >> 47) ^ v2; v2 = v2 << 32 | v2 >> 32
        }

        private mutating func mix(_ m: UInt64) { v3 ^= m; round(); round(); v0 ^= m }

        mutating func add(_ byte: UInt8) {
            word |= UInt64(byte) << UInt64(8 * (count & 7))
            count += 1
            if count & 7 == 0 {
                mix(word)
                word = 0
            }
        }

        mutating func add(_ bytes: [UInt8]) { for byte in bytes { add(byte) } }

        mutating func add(_ text: String) { for byte in text.utf8 { add(byte) } }

        /// A field: its length, then its bytes.
        mutating func frame(_ bytes: [UInt8]) {
            length(bytes.count)
            add(bytes)
        }

        mutating func frame(_ text: String) {
            length(text.utf8.count)
            add(text)
        }

        private mutating func length(_ count: Int) {
            let n = UInt32(truncatingIfNeeded: count)
            for shift in stride(from: UInt32(0), to: 32, by: 8) { add(UInt8(truncatingIfNeeded: n >> shift)) }
        }

        mutating func finish() -> Key128 {
            mix(word | UInt64(truncatingIfNeeded: count) << 56)
            v2 ^= 0xee; round(); round(); round(); round()
            let first = v0 ^ v1 ^ v2 ^ v3
            v1 ^= 0xdd; round(); round(); round(); round()
            return Key128(high: first, low: v0 ^ v1 ^ v2 ^ v3)
        }
    }
}

extension SipHash {
    /// The order key of a patient by local identifier; `authority`: the identifier's domain (OID) where it is not the facility's own, so that two people
    /// with the same number in two domains are two. Never 0, which means "none".
    package func patient(_ identifier: String, facility: String, authority: String? = nil) -> UInt64 {
        max(1, authority.map { key("ipp", facility, identifier, $0).high } ?? key("ipp", facility, identifier).high)
    }

    /// The order key of an INS: its 15 digits.
    package func ins(_ number: String, facility: String) -> UInt64 { max(1, key("ins", facility, String(number.prefix(15))).high) }
}
