import Pipeline

// The numbers that stand in the tables: never change one, only add.

extension DeliveryState {
    var number: Int64 {
        switch self {
        case .queued: 0
        case .active: 1
        case .deferred: 2
        case .unknown: 3
        case .held: 4
        case .delivered: 5
        case .refused: 6
        case .discarded: 7
        }
    }

    init(number: Int64) {
        self = Self.allCases.first { $0.number == number } ?? .held
    }

    /// It could become active.
    var waits: Bool { self == .queued || self == .deferred || self == .unknown }
}

extension MessageState {
    var number: Int64 {
        switch self {
        case .incoming: 0
        case .waiting: 1
        case .routed: 2
        case .rejected: 3
        case .discarded: 4
        }
    }

    init(number: Int64) { self = Self.allCases.first { $0.number == number } ?? .incoming }
}

extension DeliveryClass {
    var number: Int64 { self == .bulk ? 1 : 0 }
    init(number: Int64) { self = number == 1 ? .bulk : .today }
}

extension Verdict.Kind {
    var number: Int64 {
        switch self {
        case .accepted: 0
        case .rejected: 1
        case .held: 2
        }
    }

    init(number: Int64) { self = number == 0 ? .accepted : number == 1 ? .rejected : .held }
}

extension Report.Status {
    private static let all: [Report.Status] = [.none, .awaited, .relayed, .delivered, .failed, .overdue]

    var number: Int64 { Int64(Self.all.firstIndex(of: self) ?? 0) }
    init(number: Int64) { self = Self.all.indices.contains(Int(number)) ? Self.all[Int(number)] : .none }
}

/// The words of the audit, by their numbers.
enum AuditWord: Int64 {
    case accepted, rejected, planned, active, delivered, refused, deferred, unknown, held, givenBack, interrupted, ignored, repeated, reused
    case released, retried, discarded, resent, reportNone, reportAwaited, reportRelayed, reportDelivered, reportFailed, reportOverdue
    case configured, configurationRefused, resumed, erased, passed, restored

    /// As `AuditEntry.what` says it.
    var text: String {
        switch self {
        case .reportNone: "report none"
        case .reportAwaited: "report awaited"
        case .reportRelayed: "report relayed"
        case .reportDelivered: "report delivered"
        case .reportFailed: "report failed"
        case .reportOverdue: "report overdue"
        case .configurationRefused: GatewayWord.configurationRefused.rawValue
        default: String(describing: self)
        }
    }

    init(_ word: GatewayWord) {
        self =
            switch word {
            case .configured: .configured
            case .configurationRefused: .configurationRefused
            case .resumed: .resumed
            case .erased: .erased
            }
    }

    init(report: Report.Status) {
        self =
            switch report {
            case .none: .reportNone
            case .awaited: .reportAwaited
            case .relayed: .reportRelayed
            case .delivered: .reportDelivered
            case .failed: .reportFailed
            case .overdue: .reportOverdue
            }
    }
}

extension Key128 {
    /// A key from its sixteen bytes; zero when they are not sixteen.
    init(bytes: some Collection<UInt8>) {
        var halves: [UInt64] = [0, 0]
        if bytes.count == 16 { for (i, byte) in bytes.enumerated() { halves[i / 8] = halves[i / 8] << 8 | UInt64(byte) } }
        self.init(high: halves[0], low: halves[1])
    }

    /// The halves as SQLite's integers.
    var signed: (high: Int64, low: Int64) { (Int64(bitPattern: high), Int64(bitPattern: low)) }

    init(signed high: Int64, _ low: Int64) { self.init(high: UInt64(bitPattern: high), low: UInt64(bitPattern: low)) }
}

/// Several keys in one blob.
enum KeyList {
    static func pack(_ keys: [Key128]) -> [UInt8]? { keys.isEmpty ? nil : keys.flatMap(\.bytes) }

    static func unpack(_ bytes: [UInt8]) -> [Key128] {
        stride(from: 0, to: bytes.count - bytes.count % 16, by: 16).map { Key128(bytes: bytes[$0..<$0 + 16]) }
    }
}

/// The lanes in which a merge is a barrier: eight bytes each, one after the other; of a journal made before there could be several, a number.
enum LaneList {
    static func pack(_ lanes: [Int64]) -> [UInt8]? {
        lanes.isEmpty ? nil : lanes.flatMap { lane in (0..<8).map { UInt8(truncatingIfNeeded: lane >> (56 - 8 * $0)) } }
    }

    static func read(_ row: Statement, _ column: Int32) -> [Int64] {
        if row.isNull(column) { return [] }
        if row.isInteger(column) { return [row.integer(column)] }
        let bytes = row.bytes(column)
        return stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { at in bytes[at..<at + 8].reduce(0) { $0 << 8 | Int64($1) } }
    }
}

extension Token {
    /// What the tables keep of a name: its keyed hash. Equal names have equal hashes; the name itself cannot be read from it.
    func key(_ hash: SipHash) -> Key128 { hash.key(kind, value) }
}
