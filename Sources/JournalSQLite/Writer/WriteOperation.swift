package import Pipeline

/// One write. `step` takes many of them into one transaction.
package enum WriteOperation: Sendable {
    case accept(Acceptance)
    case plan([Plan], Lease)
    case settle([Settlement], activate: [DeliveryID], Lease, now: Instant)
    case record([String: String], DeliveryID, attempt: Int, Lease)
    case report(Report, DeliveryID, carriedBy: Seq, [Emitted], now: Instant)
    case command(OperatorCommand, DeliveryID, expecting: Int, [Emitted], by: String, now: Instant, tokens: @Sendable (Key128) -> [Token])
    /// The bytes of a small body again; a large one is in its file already.
    case restore(Body, of: Seq, now: Instant)
    case mark(Set<Seq>)
    case note(GatewayWord, Reason, by: String, now: Instant)
    case noteTime(Instant)
    case remove(KeepLevel, [Seq], now: Instant)
    case erase([Seq], evenAwaited: Bool, by: String, now: Instant)
    /// Removes some old lines of the gateway's own audit, and some traces that no message uses any more.
    case thin(before: Instant)
    /// These files of the trash are unlinked.
    case emptied([String])
    /// Gives some free pages back.
    case vacuum
    /// Moves all of the log into the database and empties it: alone in its group.
    case scrub

    /// Rows, about: a group is closed at `Writer.rows`.
    var rows: Int {
        switch self {
        case .accept, .record, .command, .report, .restore, .mark, .note, .noteTime, .vacuum, .scrub, .thin: 1
        case .remove(_, let seqs, _), .erase(let seqs, _, _, _): seqs.count
        case .emptied(let paths): paths.count
        case .plan(let plans, _): plans.count
        case .settle(let settlements, let next, _, _): max(settlements.count, next.count)
        }
    }

    /// Bytes that go through the database.
    var bytes: Int {
        switch self {
        case .accept(let acceptance): if case .bytes(let bytes) = acceptance.message.body { bytes.count } else { 0 }
        case .restore(.bytes(let bytes), _, _): bytes.count
        default: 0
        }
    }

    /// It must go through even when the disk is low: it empties the queue.
    var isSettlement: Bool {
        switch self {
        case .settle, .record, .report, .command, .restore, .mark, .note, .noteTime, .remove, .erase, .emptied, .vacuum, .scrub, .thin: true
        case .accept, .plan: false
        }
    }

    /// It has time: it goes behind live traffic, in small slices.
    var isKeeping: Bool {
        switch self {
        case .noteTime, .remove, .emptied, .vacuum, .scrub, .thin: true
        default: false
        }
    }

    /// Files whose bodies this operation brings: removed again when it fails.
    var files: [BodyFile] {
        let messages: [Message] =
            switch self {
            case .accept(let acceptance): [acceptance.message]
            case .settle(let settlements, _, _, _): settlements.flatMap { $0.emitted.map(\.message) }
            case .report(_, _, _, let emitted, _), .command(_, _, _, let emitted, _, _, _): emitted.map(\.message)
            default: []
            }
        return messages.compactMap { if case .file(let file) = $0.body { file } else { nil } }
    }
}

/// What became of a write.
package enum WriteCompletion: Sendable {
    case receipt(Receipt)
    case planned([DeliveryID])
    case settled(Settled)
    case messages([Message])
    case removed(Removal)
    case erased([Erased])
    /// Whether there is more to do.
    case more(Bool)
    case done
    case failed(JournalError)
}
