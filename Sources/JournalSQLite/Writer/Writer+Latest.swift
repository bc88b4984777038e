import Pipeline

/// The control ids of the latest messages, which `seen` does not list yet.
///
/// Every partner and connection counts in its own way, so that each new id changes another page of `seen`: at 64 links half of all that a group
/// writes. They go in many at a time instead, in order. After a crash the rows of `message` behind `meta.seen_through` tell them again.
struct LatestIDs {
    struct ID: Hashable, Comparable {
        let peer: Int64
        let control: String

        static func < (a: ID, b: ID) -> Bool { (a.peer, a.control) < (b.peer, b.control) }
    }
    struct Holder {
        let seq: Seq
        let digest: [UInt8]
    }

    /// `seen` is written when so many wait.
    static let most = 512
    /// `seen` lists all up to here.
    var through: Seq = 0
    private(set) var holders: [ID: [Holder]] = [:]
    private(set) var count = 0

    func holders(of id: ID) -> [Holder] { holders[id] ?? [] }

    mutating func add(_ id: ID, _ holder: Holder) {
        holders[id, default: []].append(holder)
        count += 1
    }

    /// The holder of an id that is not one any more; nil if it is not among these.
    mutating func remove(_ id: ID, _ seq: Seq) -> Holder? {
        guard let place = holders[id]?.firstIndex(where: { $0.seq == seq }), let holder = holders[id]?.remove(at: place) else { return nil }
        count -= 1
        return holder
    }

    mutating func removeAll() {
        holders.removeAll(keepingCapacity: true)
        count = 0
    }
}

extension Writer {
    /// What stands in `message` and not in `seen`: at start, and when a transaction was undone. Whoever does not hold its id is listed at once.
    func loadLatest() throws(JournalError) {
        latest.removeAll()
        latest.through = try connection.number("SELECT value FROM meta WHERE name = 'seen_through'") ?? 0
        let rows = try sql.unlisted.rows { (row) throws(JournalError) in
            (LatestIDs.ID(peer: row.integer(1), control: row.text(2)), LatestIDs.Holder(seq: row.integer(0), digest: row.bytes(3)))
        }
        for (id, holder) in rows { latest.add(id, holder) }
    }

    /// At the end of a transaction: lists them, in the order of the index.
    func listLatest() throws(JournalError) {
        for (id, holders) in latest.holders.sorted(by: { $0.key < $1.key }) {
            for holder in holders { try list(id, holder, isFree: false) }
        }
        latest.removeAll()
        latest.through = nextSeq - 1
        try sql.meta.bind(1, "seen_through").bind(2, latest.through).run()
    }

    func list(_ id: LatestIDs.ID, _ holder: LatestIDs.Holder, isFree: Bool) throws(JournalError) {
        try sql.insertSeen.bind(1, id.peer).bind(2, id.control).bind(3, holder.seq).bind(4, holder.digest).bind(5, isFree ? 1 : 0).run()
    }

    /// The id of a rejected message is free again.
    func free(_ seq: Seq) throws(JournalError) {
        if seq > latest.through {
            let id = try sql.idOf.bind(1, seq).first { (row) throws(JournalError) in LatestIDs.ID(peer: row.integer(0), control: row.text(1)) }
            if let id, let holder = latest.remove(id, seq) { return try list(id, holder, isFree: true) }
        }
        try sql.freeSeen.bind(1, seq).run()
    }
}
