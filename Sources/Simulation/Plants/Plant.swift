import Pipeline

/// A fault planted on purpose, outside of the code that is simulated: the model must find it.
package enum Plant: String, CaseIterable, Sendable {
    /// The commit is answered and the log not synced.
    case ackBeforeSync = "ack-before-sync"
    /// The disk says that the database is synced after the log was moved into it, and it is not.
    case lyingSync = "sync-that-lies"
    /// The last commit before a crash is not in the log any more: what a checkpoint by a second connection can do.
    case lostCommit = "lost-commit"
    /// A plan is answered before it is committed, so that bytes leave before their delivery is durably active.
    case bytesBeforeActive = "bytes-before-active"
    /// A settlement of an earlier process counts.
    case settleWithoutEpoch = "settle-without-epoch"
    /// A settlement is answered and forgotten.
    case forgottenSettlement = "forgotten-settlement"
    /// Each delivery has a lane of its own.
    case missingLaneLock = "missing-lane-lock"
    /// A held delivery does not stop those behind it.
    case heldLetsPass = "held-lets-pass"
    /// The messages that a `then` built are not stored.
    case forgottenEmission = "forgotten-emission"
    /// After a crash repeats are taken for new.
    case forgottenRepeat = "forgotten-repeat"
    /// What ended unknown is sent again, whatever its sender declares.
    case unknownSentAnew = "unknown-sent-anew"
    /// A replacement does not wait for what it replaces.
    case replacementOvertakes = "replacement-overtakes"
    /// A merge is no barrier in the other patient's lane.
    case mergeWithoutBarrier = "merge-without-barrier"
    /// What is held says no reason.
    case heldWithoutReason = "held-without-reason"
    /// A line of the audit is missing.
    case droppedAuditLine = "dropped-audit-line"
    /// What the recovery finds not yet planned is rejected, though its AA has left.
    case rejectionAfterAA = "rejection-after-aa"
    /// A message that found no room is answered as if it were stored.
    case ackWhenFull = "ack-when-full"
    /// What a released route planned before a crash is not recognised.
    case releasedTwice = "released-twice"
    /// A report is taken and changes nothing.
    case forgottenReport = "forgotten-report"

    /// The journal in which it can show.
    package var journal: JournalKind {
        switch self {
        case .ackBeforeSync, .lyingSync: .sqlite
        default: .memory
        }
    }

    /// Whether the sync of a file is only pretended.
    func lies(_ path: String) -> Bool {
        switch self {
        case .ackBeforeSync: path.hasSuffix("-wal")
        case .lyingSync: path.hasSuffix(".sqlite")
        default: false
        }
    }

    /// What the engine is told that a sender declares.
    func declared(_ rule: AfterUnknown) -> AfterUnknown { self == .unknownSentAnew ? .sendAgain : rule }

    /// The routes that the engine runs.
    func scenario(_ scenario: Scenario) -> Scenario {
        var other = scenario
        if self == .missingLaneLock { other.order = OrderRule(by: .none, whenHeld: scenario.order.whenHeld) }
        return other
    }

    /// What a question to the journal shows.
    func shown(_ page: Page) -> Page {
        var page = page
        if self == .droppedAuditLine { page.audit.removeAll { $0.what == "active" && $0.seq % 3 == 0 } }
        return page
    }

    /// A settlement that comes too late, as the journal takes it.
    func late(_ settlements: [Settlement], _ lease: Lease, epoch: Int64) -> ([Settlement], Lease) {
        guard self == .settleWithoutEpoch else { return (settlements, lease) }
        let now = settlements.map { Settlement(delivery: $0.delivery, attempt: $0.attempt + 1, result: $0.result, emitted: $0.emitted) }
        return (now, Lease(epoch: epoch))
    }
}
