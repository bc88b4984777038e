import FoundationEssentials
import Pipeline

/// Messages, plans and settlements as the parameters of the functions.
struct Parameters {
    let hash: SipHash

    // MARK: Messages

    static func keys(_ keys: OrderKeys) -> [Int64] {
        [keys.patient, keys.ins, keys.account, keys.connection, keys.merged, keys.planning].map { Int64(bitPattern: $0) }
    }

    /// `accept`, and the pieces of a body over 64 KB.
    func accept(_ acceptance: Acceptance, now: Instant) throws(JournalError) -> (Statement, [Statement]) {
        let message = acceptance.message, envelope = message.envelope
        guard case .bytes(let bytes) = message.body else { throw .refused(JournalReasons.wrongState) }
        let first = bytes.count > Self.piece ? Array(bytes[..<Self.piece]) : bytes
        let values: [Value] = [
            .null, .text(envelope.id.key.hex), .optional(envelope.parent?.key.hex), .words(envelope.listener), .words(envelope.facility),
            .words(envelope.partner.name), .integer(envelope.received.milliseconds), .words(envelope.format), .words(envelope.controlID),
            .integers(Self.keys(envelope.keys)), .optional(JSON.text(envelope.notes)), .bytes(message.digest), .bytes(first), .integer(bytes.count),
            .optional(acceptance.verdict?.kind.rawValue),
            .optional(acceptance.verdict.flatMap { $0.findings.isEmpty ? nil : JSON.text($0.findings) }), .optional(acceptance.repeats?.rawValue),
            .optional(acceptance.repeats == nil ? nil : Self.reused), .integer(now.milliseconds),
        ]
        return (Statement(Self.acceptSQL, values), Self.pieces(bytes, of: envelope.id))
    }

    /// Bodies are kept in pieces of this many bytes.
    static let piece = 65_536
    private static let reused = JSON.text([Finding(.error, JournalReasons.reused)])
    private static let acceptSQL =
        "SELECT * FROM accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"

    static func pieces(_ bytes: [UInt8], of id: MessageID) -> [Statement] {
        stride(from: piece, to: bytes.count, by: piece).map { start in
            Statement(
                "SELECT append_body($1, $2, $3)",
                [.text(id.key.hex), .integer(start / piece), .bytes(Array(bytes[start..<min(start + piece, bytes.count)]))])
        }
    }

    /// The name by which repeats are recognised, as a lock.
    func name(_ acceptance: Acceptance) -> Int64? {
        let envelope = acceptance.message.envelope
        if acceptance.repeats == nil || envelope.controlID.isEmpty { return nil }
        // Of many names one lock: fewer than the table of locks holds.
        return Int64(hash.key(envelope.partner.origin, envelope.controlID).low & 0xFFFF) | 0x5041_5353 << 32
    }

    static func emitted(_ emitted: [Emitted]) -> String {
        JSONText.array(
            emitted.map { one in
                let message = one.message, envelope = message.envelope
                var bytes: [UInt8] = []
                if case .bytes(let all) = message.body { bytes = all }
                return JSONText.object { json in
                    json.put("i", envelope.id.key.hex)
                    json.put(optional: "p", envelope.parent?.key.hex)
                    json.put("l", envelope.listener)
                    json.put("f", envelope.facility)
                    json.put("n", envelope.partner.name)
                    json.put("r", envelope.received.milliseconds)
                    json.put("t", envelope.format)
                    json.put("c", envelope.controlID)
                    json.raw("k", JSONText.array(keys(envelope.keys).map { String($0) }))
                    json.put(optional: "o", JSON.text(envelope.notes))
                    json.put("d", hex(message.digest))
                    json.put("b", Data(bytes.prefix(piece)).base64EncodedString())
                    json.put("z", bytes.count)
                }
            })
    }

    /// The pieces of large emitted bodies.
    static func pieces(_ emitted: [Emitted]) -> [Statement] {
        emitted.flatMap { one -> [Statement] in
            guard case .bytes(let bytes) = one.message.body, bytes.count > piece else { return [] }
            return pieces(bytes, of: one.message.envelope.id)
        }
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    // MARK: Plans

    func plans(_ plans: [Plan]) -> String { JSONText.array(plans.map(plan)) }

    private func plan(_ plan: Plan) -> String {
        JSONText.object { json in
            json.put("s", plan.seq)
            json.put("v", plan.verdict.kind.rawValue)
            json.put(optional: "f", plan.verdict.findings.isEmpty ? nil : JSON.text(plan.verdict.findings))
            json.put("t", plan.trace)
            json.put("kp", plan.keep)
            if let deliveries = plan.deliveries { json.raw("d", JSONText.array(deliveries.map(delivery))) }
            json.raw("q", JSONText.array(plan.search.map { JSONText.string($0.key(hash).hex) }))
        }
    }

    /// The kind of token that names a document: a resend of the delivery keeps it.
    private static let documentKind = "unique-id"

    private func delivery(_ planned: PlannedDelivery) -> String {
        let documents = planned.tokens.filter { $0.kind == Self.documentKind }
        let tokens = documents + planned.tokens.filter { $0.kind != Self.documentKind }
        return JSONText.object { json in
            json.put("i", planned.id)
            json.put("k", planned.key.hex)
            json.put("r", planned.route)
            json.put("d", planned.destination)
            json.put("s", planned.sender)
            json.put("p", planned.part.id)
            json.put(optional: "n", JSON.text(planned.part.notes))
            json.put("l", Int64(bitPattern: planned.lane.id))
            if !planned.barriers.isEmpty { json.raw("b", JSONText.array(planned.barriers.map { String(Int64(bitPattern: $0.id)) })) }
            json.put("st", planned.state.number)
            json.put(optional: "re", JSON.text(planned.reason))
            json.put(optional: "ow", planned.owner?.rawValue)
            if let facts = JSON.text(planned.facts) { json.raw("f", facts) }
            json.raw("t", JSONText.array(tokens.map { JSONText.string($0.key(hash).hex) }))
            json.put("dc", documents.count)
            json.raw("rp", JSONText.array(planned.replaces.map { JSONText.string($0.key(hash).hex) }))
            json.put("c", planned.deliveryClass.number)
            json.put("ps", !planned.blocksWhenHeld)
            json.put("ar", planned.destination.hasPrefix("route:"))
        }
    }

    // MARK: Settlements

    static func settlements(_ settlements: [Settlement]) -> String { JSONText.array(settlements.map(settlement)) }

    private static func settlement(_ one: Settlement) -> String {
        JSONText.object { json in
            json.put("i", one.delivery)
            json.put("a", one.attempt)
            switch one.result {
            case .delivered(let proof):
                json.put("r", DeliveryState.delivered.number)
                json.put("p", JSON.text(proof))
                json.put("w", proof.reportAwaited)
            case .refused(let reason):
                json.put("r", DeliveryState.refused.number)
                json.put(optional: "x", JSON.text(reason))
            case .deferred(let reason, let until):
                json.put("r", DeliveryState.deferred.number)
                json.put(optional: "x", JSON.text(reason))
                json.put("u", until.milliseconds)
            case .unknown(let reason, let until):
                json.put("r", DeliveryState.unknown.number)
                json.put(optional: "x", JSON.text(reason))
                json.put("u", until.milliseconds)
            case .held(let reason, let owner):
                json.put("r", DeliveryState.held.number)
                json.put(optional: "x", JSON.text(reason))
                json.put("o", owner.rawValue)
            case .giveBack(let reason):
                json.put("r", DeliveryState.queued.number)
                json.put(optional: "x", JSON.text(reason))
            }
            if !one.emitted.isEmpty { json.raw("m", emitted(one.emitted)) }
        }
    }
}
