/// A journal that several gateways share (design §7). Each works on the lanes of the shards that it holds, and on the messages that it took.
///
/// The database decides who holds what: every write names the lease's epoch, and a stale one changes nothing. What is kept in memory is a shortcut.
package protocol SharedJournal: Journal {
    /// Says that this gateway lives, prolongs its lease, gives up the shards in `leaving`, and takes what is its share: free shards, those of dead
    /// gateways, and the messages that these had not planned.
    func beat(leaving: Set<Int>) async throws(JournalError) -> LeaseNews

    /// Messages of this gateway that nobody has in hand and whose turn has come: those of a dead gateway, and those that waited for an earlier message
    /// of their key, planned elsewhere. In order; they count as in hand from now on.
    func adopt(limit: Int) async throws(JournalError) -> [Adopted]

    /// Calls back when another gateway, or this one, did something that this one may be waiting for. A hint may be lost: what must happen is found by
    /// asking the journal.
    func onHint(_ hear: @escaping @Sendable (JournalHint) -> Void)

    /// The time that a stop gives is over: a database that is away is waited for no more, and what waits for it fails with `closed`.
    func giveUp()
}

/// What a beat brought.
package struct LeaseNews: Sendable {
    /// What is held now.
    package let lease: Lease
    /// Until when it surely is, by the clock that only rises (nanoseconds).
    package let until: UInt64
    /// Until when no other gateway takes this one for dead, even if it is cut off from the database now, by the same clock.
    package let sure: UInt64
    /// Shards that came and went since the last beat, other than by `leaving`.
    package let gained: Set<Int>, lost: Set<Int>
    /// Shards above this gateway's share, for one that has less: to be given up once nothing of theirs is being sent.
    package let surplus: Set<Int>
    /// Messages wait to be adopted.
    package let hasParked: Bool

    /// The news of a beat.
    package init(lease: Lease, until: UInt64, sure: UInt64, gained: Set<Int>, lost: Set<Int>, surplus: Set<Int>, hasParked: Bool) {
        (self.lease, self.until, self.sure, self.gained, self.lost) = (lease, until, sure, gained, lost)
        (self.surplus, self.hasParked) = (surplus, hasParked)
    }
}

/// A message that became this gateway's, or whose turn has come.
package struct Adopted: Sendable {
    /// Whether a process died over it.
    package enum Suspicion: Int, Sendable {
        case none
        /// One of a group during whose recovery a process died: it is looked at alone.
        case ofGroup
        /// A process died while it looked at this one alone: it is held.
        case alone
    }

    package let unrouted: Unrouted
    package let suspicion: Suspicion

    /// An adopted message.
    package init(_ unrouted: Unrouted, suspicion: Suspicion) { (self.unrouted, self.suspicion) = (unrouted, suspicion) }
}

/// Something happened in the journal.
package enum JournalHint: Sendable, Hashable {
    /// These lanes have something to start.
    case lanes(Set<Lane>)
    /// Any lane may have.
    case anyLane
    /// A message may be planned now.
    case parked
    /// A gateway came or went.
    case gateways
}
