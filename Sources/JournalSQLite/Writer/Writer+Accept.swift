import Pipeline

extension Writer {
    /// Stores a message, or recognises it as a repeat.
    func accept(_ acceptance: Acceptance) throws(JournalError) -> Receipt {
        let message = acceptance.message
        let peer = try names.id(message.envelope.partner)
        guard let rule = acceptance.repeats, !message.envelope.controlID.isEmpty else {
            return .new(try store(message, peer, acceptance.verdict, holdsID: false))
        }
        let same = try holders(peer, message.envelope.controlID)
        if same.isEmpty { return .new(try store(message, peer, acceptance.verdict, holdsID: true)) }
        if let twin = same.last(where: { $0.digest == message.digest }) {
            guard let verdict = twin.verdict else { return .undecided(twin.seq, sameBytes: true) }
            try log(.repeated, twin.seq, at: time.now)
            return .seen(twin.seq, verdict)
        }
        if let undecided = same.first(where: { $0.verdict == nil }) { return .undecided(undecided.seq, sameBytes: false) }
        switch rule {
        case .acceptReuse:
            let seq = try store(message, peer, acceptance.verdict, holdsID: true)
            try log(.reused, seq, at: time.now)
            return .new(seq)
        case .refuseReuse:
            let seq = try store(message, peer, Verdict(.rejected, [Finding(.error, JournalReasons.reused)]), holdsID: false)
            try log(.reused, seq, at: time.now)
            return .reused(seq)
        }
    }

    private struct Holder {
        let seq: Seq
        let digest: [UInt8]
        let verdict: Verdict?
    }

    /// The messages that hold a control id: an id whose message was rejected is free again.
    private func holders(_ peer: Int64, _ control: String) throws(JournalError) -> [Holder] {
        var found = try sql.findSeen.bind(1, peer).bind(2, control).rows { (row) throws(JournalError) in
            Holder(seq: row.integer(0), digest: row.bytes(1), verdict: Self.verdict(row, 2))
        }
        for holder in latest.holders(of: LatestIDs.ID(peer: peer, control: control)) {
            let verdict = try sql.verdictOf.bind(1, holder.seq).first { (row) throws(JournalError) in Self.verdict(row, 0) } ?? nil
            found.append(Holder(seq: holder.seq, digest: holder.digest, verdict: verdict))
        }
        return found
    }

    private static func verdict(_ row: Statement, _ column: Int32) -> Verdict? {
        row.optionalInteger(column).map { Verdict(Verdict.Kind(number: $0), JSON.value(row.optionalText(column + 1)) ?? []) }
    }

    private func store(_ message: Message, _ peer: Int64, _ verdict: Verdict?, holdsID: Bool) throws(JournalError) -> Seq {
        let envelope = message.envelope, seq = nextSeq
        let isRejected = verdict?.kind == .rejected
        var inFile: Int64 = 0
        if case .file = message.body { inFile = 1 }
        if case .stored = message.body { throw .refused(JournalReasons.wrongState) }
        try bind(envelope, seq, peer)
        try sql.insertMessage.bind(17, message.digest).bind(18, message.body.count).bind(19, inFile)
            .bind(20, isRejected ? MessageState.rejected.number : MessageState.incoming.number).bind(21, verdict?.kind.number)
            .bind(22, verdict.flatMap { $0.findings.isEmpty ? nil : JSON.text($0.findings) }).bind(23, isRejected ? Int64(0) : nil).run()
        nextSeq += 1
        if isRejected { keeps(0, 1, message.body.count) } else { remember(length: message.body.count, of: seq) }
        if case .bytes(let bytes) = message.body { try sql.insertBody.bind(1, seq).run(2, borrowing: bytes) }
        if !envelope.controlID.isEmpty {
            let id = LatestIDs.ID(peer: peer, control: envelope.controlID), holder = LatestIDs.Holder(seq: seq, digest: message.digest)
            if holdsID, !isRejected { latest.add(id, holder) } else { try list(id, holder, isFree: true) }
        }
        if isRejected { try log(.rejected, seq, at: envelope.received) } else { countIncoming(1) }
        return seq
    }

    /// A body that was lost, again.
    func restore(_ body: Body, _ seq: Seq, _ now: Instant) throws(JournalError) {
        if let removal = try removal(of: seq) { throw .refused(JournalReasons.gone(removal)) }
        guard try keep.isThere.bind(1, seq).exists() else { throw .refused(JournalReasons.noMessage) }
        if case .bytes(let bytes) = body { try sql.restoreBody.bind(1, seq).run(2, borrowing: bytes) }
        try log(.restored, seq, at: now)
    }

    private func bind(_ envelope: Envelope, _ seq: Seq, _ peer: Int64) throws(JournalError) {
        let id = envelope.id.key.signed, parent = envelope.parent?.key.signed, keys = envelope.keys
        let listener = try names.id(envelope.listener), format = try names.id(envelope.format)
        sql.insertMessage.bind(1, seq).bind(2, id.high).bind(3, id.low).bind(4, parent?.high).bind(5, parent?.low)
            .bind(6, listener).bind(7, peer).bind(8, envelope.received.milliseconds).bind(9, format).bind(10, envelope.controlID)
            .bind(11, Int64(bitPattern: keys.patient)).bind(12, Int64(bitPattern: keys.ins)).bind(13, Int64(bitPattern: keys.account))
            .bind(14, Int64(bitPattern: keys.connection)).bind(15, Int64(bitPattern: keys.merged)).bind(16, JSON.text(envelope.notes))
    }

    /// Messages that a `then` built: accepted in the transaction of what caused them.
    func emit(_ emitted: [Emitted]) throws(JournalError) -> [Message] {
        var stored: [Message] = []
        for one in emitted {
            var message = one.message
            message.seq = try store(message, try names.id(message.envelope.partner), nil, holdsID: false)
            stored.append(message)
        }
        return stored
    }
}
