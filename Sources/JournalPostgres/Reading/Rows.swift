import Pipeline

/// Rows of the tables as the pipeline's values.
enum Rows {
    /// Columns 0 to 23; `loading`: with the bytes of bodies up to 64 KB.
    static func message(loading: Bool) -> String {
        """
        m.seq, m.id, m.parent, m.listener, m.facility, m.peer, m.received, m.format, m.control, m.patient, m.ins, m.account, m.connection, m.merged, \
        m.notes, m.digest, m.length, m.state, m.verdict, m.findings, m.trace, \
        \(loading ? "(SELECT b.bytes FROM body b WHERE b.seq = m.seq AND b.n = 0 AND m.length <= \(Parameters.piece))" : "NULL::bytea"), m.removed, m.erased
        """
    }

    /// Columns 24 to 48, of a delivery `d` joined to its message.
    static func delivery(_ blockers: String = "'{}'") -> String {
        """
        d.id, d.key, d.route, d.destination, d.sender, d.part, d.part_notes, d.lane, d.state, d.due, d.attempt, d.was_unknown, d.reason, d.owner, \
        d.facts, d.proof, d.report, d.report_reason, d.planned, d.changed, d.version, \
        d.replaces <> '{}' AND is_preceded(d.id, d.sender, d.replaces), d.class, d.barrier <> '{}', \
        \(blockers)
        """
    }

    static func deliveries(loading: Bool, explained: Bool = false, _ rest: String) -> String {
        "SELECT \(message(loading: loading)), \(delivery(explained ? "blockers(d)" : "'{}'")) FROM delivery d JOIN message m ON m.seq = d.id >> 12 \(rest)"
    }

    /// A message with its state.
    struct Whole {
        let message: Message
        let state: MessageState
        let verdict: Verdict?
        let trace: String
        let removal: BodyRemoval?
    }

    static func whole(_ row: Row) -> Whole {
        var keys = OrderKeys()
        keys.patient = UInt64(bitPattern: row.integer(9))
        keys.ins = UInt64(bitPattern: row.integer(10))
        keys.account = UInt64(bitPattern: row.integer(11))
        keys.connection = UInt64(bitPattern: row.integer(12))
        keys.merged = UInt64(bitPattern: row.integer(13))
        let envelope = Envelope(
            id: MessageID(row.key(1).key), parent: row.optionalText(2).map { MessageID(Key128Text($0).key) }, listener: row.text(3),
            partner: Partner(facility: row.text(4), name: row.text(5)), received: Instant(milliseconds: row.integer(6)), format: row.text(7),
            controlID: row.text(8), keys: keys, notes: JSON.map(row.optionalText(14)))
        let verdict = row.optionalText(18).flatMap { Verdict.Kind(rawValue: $0) }.map { Verdict($0, JSON.value(row.optionalText(19)) ?? []) }
        let body: Body = row.isNull(21) ? .stored(row.int(16)) : .bytes(row.bytes(21))
        return Whole(
            message: Message(envelope: envelope, body: body, digest: row.bytes(15), seq: row.integer(0)), state: MessageState(number: row.int(17)),
            verdict: verdict, trace: row.text(20),
            removal: row.optionalInteger(22).map { BodyRemoval(at: Instant(milliseconds: $0), isErased: row.flag(23)) })
    }

    static func unrouted(_ row: Row) -> Unrouted {
        let whole = whole(row)
        return Unrouted(whole.message, verdict: whole.verdict)
    }

    static func delivery(_ row: Row) -> StoredDelivery {
        let delivery = Delivery(
            id: row.integer(24), key: row.key(25).key, message: whole(row).message, route: row.text(26), destination: row.text(27), sender: row.text(28),
            part: Part(id: row.text(29), notes: JSON.notes(row.optionalText(30))), lane: Lane(UInt64(bitPattern: row.integer(31))),
            deliveryClass: DeliveryClass(number: row.int(46)), attempt: row.int(34),
            wasUnknown: row.flag(35), facts: JSON.map(row.optionalText(38)), predecessorOpen: row.flag(45))
        let due = row.integer(33)
        return StoredDelivery(
            delivery: delivery, state: DeliveryState(number: row.int(32)), reason: JSON.value(row.optionalText(36)),
            owner: row.optionalText(37).flatMap { Owner(rawValue: $0) }, due: due == 0 ? nil : Instant(milliseconds: due),
            proof: JSON.value(row.optionalText(39)),
            report: Report(Report.Status(number: row.int(40)), reason: JSON.value(row.optionalText(41))), planned: Instant(milliseconds: row.integer(42)),
            changed: Instant(milliseconds: row.integer(43)), version: row.int(44), blockers: row.integers(48), isMerge: row.flag(47))
    }
}
