import Pipeline

/// One write. `step` takes many of them into one transaction.
enum WriteOperation: Sendable {
    case accept(Acceptance)
    case plan([Plan], Lease)
    case settle([Settlement], activate: [DeliveryID], Lease, now: Instant)
    case record([String: String], DeliveryID, attempt: Int, Lease)
    case report(Report, DeliveryID, carriedBy: Seq, [Emitted], now: Instant)
    case command(OperatorCommand, DeliveryID, expecting: Int, [Emitted], by: String, now: Instant, tokens: @Sendable (Key128) -> [Token])
    case mark(Set<Seq>)
    case note(GatewayWord, Reason, by: String, now: Instant)

    /// Rows, about: a group is closed at `Writer.rows`.
    var rows: Int {
        switch self {
        case .accept, .record, .command, .report, .mark, .note: 1
        case .plan(let plans, _): plans.count
        case .settle(let settlements, let next, _, _): max(settlements.count, next.count)
        }
    }

    /// Bytes that go through the database.
    var bytes: Int {
        switch self {
        case .accept(let acceptance): if case .bytes(let bytes) = acceptance.message.body { bytes.count } else { 0 }
        default: 0
        }
    }

    /// It must go through even when the disk is low: it empties the queue.
    var isSettlement: Bool {
        switch self {
        case .settle, .record, .report, .command, .mark, .note: true
        case .accept, .plan: false
        }
    }

    /// Files whose bodies this operation brings: removed again when it fails.
    var files: [BodyFile] {
        let messages: [Message] =
            switch self {
            case .accept(let acceptance): [acceptance.message]
            case .settle(let settlements, _, _, _): settlements.flatMap { $0.emitted.map(\.message) }
            case .report(_, _, _, let emitted, _), .command(_, _, _, let emitted, _, _, _): emitted.map(\.message)
            case .plan, .record, .mark, .note: []
            }
        return messages.compactMap { if case .file(let file) = $0.body { file } else { nil } }
    }
}

/// What became of a write.
enum WriteCompletion: Sendable {
    case receipt(Receipt)
    case planned([DeliveryID])
    case settled(Settled)
    case messages([Message])
    case done
    case failed(JournalError)
}
