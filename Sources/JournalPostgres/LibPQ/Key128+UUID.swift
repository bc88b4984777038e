import Pipeline

/// An uuid as PostgreSQL writes it.
struct Key128Text {
    let key: Key128

    init(_ text: String) {
        var halves: [UInt64] = [0, 0], n = 0
        for letter in text.utf8 where letter != UInt8(ascii: "-") && n < 32 {
            let digit = letter < 0x3A ? letter &- 0x30 : (letter | 0x20) &- 0x57
            halves[n / 16] = halves[n / 16] << 4 | UInt64(digit & 15)
            n += 1
        }
        key = Key128(high: halves[0], low: halves[1])
    }
}

extension Token {
    /// What the tables keep of a name: its keyed hash. Equal names have equal hashes; the name itself cannot be read from it.
    func key(_ hash: SipHash) -> Key128 { hash.key(kind, value) }
}
