import Pipeline

/// What the writer needs of a delivery to move it from state to state.
struct DeliveryRow {
    static let columns = """
        id, state, attempt, lane, barrier, sender, destination, pass, was_unknown, overtaken, report, version, tokens, replaces, ready, \
        instr(facts, '"decided"') > 0, at_route, alone
        """
    let id: DeliveryID
    let state: DeliveryState
    var attempt: Int
    let lane: Int64
    /// Other lanes in which it is a barrier.
    let barriers: [Int64]
    let sender: Int64, destination: Int64
    /// Held, it lets later ones pass.
    let passes: Bool
    let wasUnknown: Bool
    let isOvertaken: Bool
    let report: Report.Status
    let version: Int
    let tokens: [Key128], replaces: [Key128]
    let isReady: Bool
    /// A person decided on it: `JournalFact.decided` stands among its facts.
    let isDecided: Bool
    let isAtRoute: Bool
    /// A person lets it pass what it waits for.
    let isAlone: Bool

    init(_ row: Statement) {
        id = row.integer(0)
        state = DeliveryState(number: row.integer(1))
        attempt = row.int(2)
        lane = row.integer(3)
        barriers = LaneList.read(row, 4)
        sender = row.integer(5)
        destination = row.integer(6)
        passes = row.flag(7)
        wasUnknown = row.flag(8)
        isOvertaken = row.flag(9)
        report = Report.Status(number: row.integer(10))
        version = row.int(11)
        tokens = row.isNull(12) ? [] : KeyList.unpack(row.bytes(12))
        replaces = row.isNull(13) ? [] : KeyList.unpack(row.bytes(13))
        isReady = row.flag(14)
        isDecided = row.flag(15)
        isAtRoute = row.flag(16)
        isAlone = row.flag(17)
    }

    /// A delivery that is planned just now.
    init(_ planned: PlannedDelivery, sender: Int64, destination: Int64, tokens: [Key128], replaces: [Key128], attempt: Int) {
        (id, state, self.attempt) = (planned.id, planned.state, attempt)
        lane = Int64(bitPattern: planned.lane.id)
        barriers = planned.barriers.map { Int64(bitPattern: $0.id) }
        (self.sender, self.destination, self.tokens, self.replaces) = (sender, destination, tokens, replaces)
        (passes, wasUnknown, isOvertaken, report, version) = (!planned.blocksWhenHeld, false, false, .none, 1)
        (isReady, isDecided, isAtRoute, isAlone) = (false, planned.facts[JournalFact.decided] != nil, planned.destination.hasPrefix("route:"), false)
    }

    var seq: Seq { id >> 12 }
    /// Its lane, and those in which it is a barrier.
    var lanes: [Int64] { [lane] + barriers }
}
