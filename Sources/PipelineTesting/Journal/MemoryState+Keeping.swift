import Pipeline

/// Retention and erasure.
extension MemoryState {
    mutating func noteTime(_ now: Instant) {
        timeMarks.removeAll { $0.at >= now }
        timeMarks.append((now, Seq(messages.count)))
    }

    func bodiesKept() -> [String: KeptBodies] {
        var kept: [String: KeptBodies] = [:]
        for row in messages where row.removal == nil {
            guard let rule = row.keep else { continue }
            kept[rule, default: KeptBodies()].count += 1
            kept[rule, default: KeptBodies()].bytes += row.message.body.count
        }
        return kept
    }

    // MARK: What may go

    private func deliveries(of seq: Seq) -> [MemoryDelivery] { deliveries.values.filter { $0.id >> 12 == seq }.sorted { $0.id < $1.id } }

    private func isOpen(_ seq: Seq) -> Bool { deliveries(of: seq).contains { $0.state.isOpen } }

    private func mayGo(_ level: KeepLevel, _ seq: Seq) -> Bool {
        guard seq > 0, seq <= messages.count else { return false }
        let row = messages[Int(seq) - 1]
        switch level {
        case .body: return row.keep != nil && row.removal == nil && !isOpen(seq) && !deliveries(of: seq).contains { $0.report.status == .awaited }
        case .facts: return row.removal != nil && row.hasFacts && !row.isGone && !isOpen(seq)
        case .proofs: return !row.hasFacts && !row.isGone && seq < messages.count && !openIDs.contains { $0 >> 12 <= seq }
        case .audit: return row.isGone && audit.contains { $0.seq == seq }
        }
    }

    func removable(_ level: KeepLevel, rule: String, before: Instant, after seq: Seq, limit: Int) -> RemovablePage {
        let horizon = timeMarks.last { $0.at <= before }?.seq ?? 0
        guard seq < horizon else { return RemovablePage(found: [], next: nil) }
        let looked = messages[Int(seq)..<Int(horizon)].filter { level != .body || $0.keep == rule && $0.removal == nil }.prefix(limit)
        let found = looked.filter { row in
            mayGo(level, row.message.seq) && (level != .audit || audit.allSatisfy { $0.seq != row.message.seq || $0.at <= before })
        }
        return RemovablePage(
            found: found.map { Removable(seq: $0.message.seq, bytes: level == .body ? $0.message.body.count : 0) },
            next: looked.count < limit ? nil : looked.last?.message.seq)
    }

    mutating func remove(_ level: KeepLevel, _ seqs: [Seq], _ now: Instant) -> Removal {
        var removed: [Removable] = []
        for seq in seqs where mayGo(level, seq) {
            let at = Int(seq) - 1
            removed.append(Removable(seq: seq, bytes: level == .body ? messages[at].message.body.count : 0))
            switch level {
            case .body:
                messages[at].removal = BodyRemoval(at: now, isErased: false)
                dropBody(seq, erasing: false)
            case .facts:
                messages[at].hasFacts = false
                messages[at].holdsID = false
                messages[at].search = []
                for row in deliveries(of: seq) { deliveries[row.id]?.tokens = row.tokens.filter { _ in false } }
            case .proofs:
                messages[at].isGone = true
                for row in deliveries(of: seq) { deliveries[row.id] = nil }
            case .audit: audit.removeAll { $0.seq == seq }
            }
        }
        return Removal(removed: removed, rest: [])
    }

    /// The bytes, and what the deliveries were built from.
    private mutating func dropBody(_ seq: Seq, erasing: Bool) {
        let at = Int(seq) - 1, old = messages[at].message, envelope = old.envelope
        let bare = Envelope(
            id: envelope.id, parent: envelope.parent, listener: envelope.listener, partner: envelope.partner, received: envelope.received,
            format: envelope.format, controlID: envelope.controlID, keys: erasing ? OrderKeys() : envelope.keys, notes: erasing ? [:] : envelope.notes)
        messages[at].message = Message(envelope: bare, body: .stored(old.body.count), digest: old.digest, seq: seq)
        for row in deliveries(of: seq) { deliveries[row.id] = row.without(messages[at].message, erasing: erasing) }
        if !erasing { return }
        if let verdict = messages[at].verdict { messages[at].verdict = Verdict(verdict.kind, verdict.findings.map { Finding($0.severity, $0.reason.bare) }) }
        audit = audit.map { line in
            line.seq != seq
                ? line
                : AuditEntry(
                    at: line.at, by: line.by, what: line.what, seq: seq, delivery: line.delivery, attempt: line.attempt, reason: line.reason?.bare)
        }
    }

    // MARK: Erasure

    func messages(of patient: PatientKeys, after seq: Seq, limit: Int) -> PatientPage {
        let looked = messages.dropFirst(Int(seq)).prefix(limit)
        let found = looked.filter { !$0.isGone && patient.match($0.message.envelope.keys) }.map { row in
            let own = deliveries(of: row.message.seq)
            return PatientMessage(
                seq: row.message.seq, id: row.message.envelope.id, isDecided: row.keep != nil, open: own.filter(\.state.isOpen).map(\.id),
                awaited: own.filter { $0.report.status == .awaited }.map(\.id),
                sentTo: Set(own.filter { $0.state == .delivered || $0.state == .unknown || $0.delivery.wasUnknown }.map(\.delivery.destination)).sorted())
        }
        return PatientPage(found: found, next: looked.count < limit ? nil : looked.last?.message.seq)
    }

    mutating func erase(_ seqs: [Seq], _ evenAwaited: Bool, _ person: String, _ now: Instant) -> [Erased] {
        var erased: [Erased] = []
        for seq in seqs {
            guard let row = message(seq), row.keep != nil, row.removal?.isErased != true, !isOpen(seq) else { continue }
            if !evenAwaited, deliveries(of: seq).contains(where: { $0.report.status == .awaited }) { continue }
            erased.append(Erased(seq: seq, digest: row.message.digest, bytes: row.removal == nil ? row.message.body.count : 0))
            messages[Int(seq) - 1].removal = BodyRemoval(at: now, isErased: true)
            dropBody(seq, erasing: true)
            log("erased", seq, by: person, at: now)
        }
        return erased
    }
}

extension MemoryDelivery {
    /// Without what it was built from; erasing: without the far end's words too.
    fileprivate func without(_ message: Message, erasing: Bool) -> MemoryDelivery {
        var row = self
        row.delivery = Delivery(
            id: delivery.id, key: delivery.key, message: message, route: delivery.route, destination: delivery.destination, sender: delivery.sender,
            part: Part(id: erasing ? "" : delivery.part.id), lane: delivery.lane, attempt: delivery.attempt, wasUnknown: delivery.wasUnknown,
            facts: delivery.facts)
        if erasing {
            row.reason = reason?.bare
            row.report = Report(report.status, reason: report.reason?.bare)
        }
        return row
    }
}
