/// Chance that a seed decides (SplitMix64), as a value.
struct Chance: Sendable {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0xD129_0352_6F3A_0A55 &+ 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number below `bound`.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }
    /// A number of the range.
    mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }
    /// True so often in a hundred.
    mutating func percent(_ n: Int) -> Bool { below(100) < n }
    /// One of them.
    mutating func pick<T>(_ all: [T]) -> T { all[below(all.count)] }
}
