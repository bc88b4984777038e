import Pipeline

/// Reports, and the words of persons.
extension Writer {
    /// A command with who gave it and when.
    struct Word {
        let command: OperatorCommand
        let person: String
        let now: Instant
        let tokens: @Sendable (Key128) -> [Token]
    }

    func report(_ report: Report, _ id: DeliveryID, _ carrier: Seq, _ emitted: [Emitted], _ now: Instant) throws(JournalError) -> [Message] {
        guard let row = try delivery(id) else { throw .refused(JournalReasons.noDelivery) }
        try carried(carrier, now)
        guard report.changes(Report(row.report)) else { return [] }
        let word = AuditWord(report: report.status)
        try sql.report.bind(1, id).bind(2, report.status.number).bind(3, JSON.text(report.reason)).bind(4, now.milliseconds).run()
        if report.isGood, row.wasUnknown, row.state.waits || row.state == .held {
            let proof = Proof(answer: word.text)
            try sql.deliver.bind(1, id).bind(2, JSON.text(proof)).bind(3, 0).bind(4, now.milliseconds).run()
            try overtake(row)
            try close(row, as: .delivered)
        }
        try log(word, row.seq, id, attempt: row.attempt, reason: report.reason, at: now)
        return try emit(emitted)
    }

    /// The message that carried the report is routed by that.
    private func carried(_ seq: Seq, _ now: Instant) throws(JournalError) {
        let open = try sql.messageState.bind(1, seq).first { (row) throws(JournalError) in
            row.integer(0) == MessageState.incoming.number ? (row.optionalInteger(1) ?? 0, row.optionalText(2)) : nil
        }
        guard let open = open ?? nil else { return }
        try sql.route.bind(1, seq).bind(2, MessageState.routed.number).bind(3, open.0).bind(4, open.1).bindNull(5).bind(6, 0).bindNull(7).run()
        countIncoming(-1)
        keeps(0, 1, try length(of: seq))
        try log(.planned, seq, at: now)
    }

    /// It is settled without an attempt: its lanes go on.
    private func close(_ row: DeliveryRow, as state: DeliveryState) throws(JournalError) {
        moved(row, from: row.state, to: state)
        for lane in row.barriers { try sql.deleteBarrier.bind(1, lane).bind(2, row.id).run() }
        var touched = Touched()
        try ended(row, &touched)
        _ = try refresh(touched)
    }

    func command(_ word: Word, _ id: DeliveryID, _ version: Int, _ emitted: [Emitted]) throws(JournalError) -> [Message] {
        guard let row = try delivery(id) else { throw .refused(JournalReasons.noDelivery) }
        if row.state == .active { throw .refused(JournalReasons.beingSent) }
        if row.version != version { throw .stale }
        switch word.command {
        case .hold(let reason, let owner): try hold(row, reason, owner, word)
        case .release, .retry: try release(row, word)
        case .discard(let reason): try discard(row, reason, word)
        case .resend: try resend(row, word)
        case .pass: try letPass(row, word)
        }
        return try emit(emitted)
    }

    private func hold(_ row: DeliveryRow, _ reason: Reason, _ owner: Owner, _ word: Word) throws(JournalError) {
        guard row.state.isOpen else { throw .refused(JournalReasons.wrongState) }
        try sql.hold.bind(1, row.id).bind(2, JSON.text(reason)).bind(3, owner.rawValue).bind(4, word.now.milliseconds).run()
        moved(row, from: row.state, to: .held)
        if row.passes {
            hasPassed = true
            var touched = Touched()
            try left(row, &touched)
            _ = try refresh(touched)
        }
        try log(.held, row.seq, row.id, attempt: row.attempt, reason: reason, by: word.person, at: word.now)
    }

    private func release(_ row: DeliveryRow, _ word: Word) throws(JournalError) {
        let isRetry = word.command == .retry
        guard row.state == .held || isRetry && row.state.waits && row.state != .queued else { throw .refused(JournalReasons.wrongState) }
        if row.isOvertaken { throw .refused(JournalReasons.overtaken) }
        if try successors(of: row).contains(where: { $0.state == .delivered || $0.state == .refused }) { throw .refused(JournalReasons.overtaken) }
        if row.state == .held {
            var facts = try facts(of: row.id)
            facts[JournalFact.decided] = word.person
            try sql.setFacts.bind(1, row.id).bind(2, JSON.text(facts)).run()
        }
        try sql.giveBack.bind(1, row.id).bind(2, 0).bindNull(3).bind(4, word.now.milliseconds).run()
        moved(row, from: row.state, to: .queued)
        try refresh(row.lane)
        try log(isRetry ? .retried : .released, row.seq, row.id, attempt: row.attempt, by: word.person, at: word.now)
    }

    /// A merge leaves before what it waits for. What is held before it can then only be discarded: it would step back.
    private func letPass(_ row: DeliveryRow, _ word: Word) throws(JournalError) {
        guard !row.barriers.isEmpty, row.state.waits else { throw .refused(JournalReasons.noMerge) }
        try sql.letPass.bind(1, row.id).bind(2, word.now.milliseconds).run()
        try log(.passed, row.seq, row.id, attempt: row.attempt, by: word.person, at: word.now)
    }

    private func discard(_ row: DeliveryRow, _ reason: Reason, _ word: Word) throws(JournalError) {
        guard row.state.isOpen else { throw .refused(JournalReasons.wrongState) }
        try sql.refuse.bind(1, row.id).bind(2, DeliveryState.discarded.number).bind(3, JSON.text(reason)).bind(4, word.now.milliseconds).run()
        try close(row, as: .discarded)
        try log(.discarded, row.seq, row.id, attempt: row.attempt, reason: reason, by: word.person, at: word.now)
    }

    /// A new delivery of a new generation; the old one stays as it ended.
    private func resend(_ row: DeliveryRow, _ word: Word) throws(JournalError) {
        guard !row.state.isOpen else { throw .refused(JournalReasons.wrongState) }
        if let removal = try removal(of: row.seq) { throw .refused(JournalReasons.gone(removal)) }
        if try successors(of: row).contains(where: { $0.state == .delivered || $0.state == .active }) { throw .refused(JournalReasons.overtaken) }
        let last = try sql.lastOrdinal.bind(1, row.seq << 12).bind(2, (row.seq + 1) << 12).first { (row) throws(JournalError) in row.integer(0) } ?? row.id
        guard last & 4095 < 4095 else { throw .refused(JournalReasons.tooMany) }
        let old = try sql.keyAndDocuments.bind(1, row.id).first { (row) throws(JournalError) in (Key128(bytes: row.bytes(0)), row.int(1)) }
        guard let old else { throw .refused(JournalReasons.noDelivery) }
        let id = last + 1, key = hash.key(old.0.hex, "resend", String(id & 4095))
        let documents = Array(row.tokens.prefix(old.1))
        let tokens = documents + word.tokens(key).map { $0.key(hash) }.filter { !documents.contains($0) }
        sql.copy.bind(1, row.id).bind(2, id).bind(3, key.bytes).bind(4, word.now.milliseconds)
        sql.copy.bind(5, KeyList.pack(tokens))
        try sql.copy.run()
        for key in tokens { try sql.insertToken.bind(1, key.signed.high).bind(2, key.signed.low).bind(3, id).run() }
        for key in row.replaces { try sql.insertReplaces.bind(1, key.signed.high).bind(2, key.signed.low).bind(3, id).run() }
        for lane in row.barriers { try sql.insertBarrier.bind(1, lane).bind(2, id).run() }
        hasReplacements = hasReplacements || !row.replaces.isEmpty
        hasBarriers = hasBarriers || !row.barriers.isEmpty
        moved(row, from: nil, to: .queued)
        try sql.touch.bind(1, row.id).bind(2, word.now.milliseconds).run()
        try refresh(row.lane)
        try log(.resent, row.seq, row.id, attempt: row.attempt, by: word.person, at: word.now)
    }
}
