/// A message to store, and how its sender's repeats are recognised.
package struct Acceptance: Sendable {
    package let message: Message
    /// Repeats are recognised by (partner, control id); nil for messages that cannot repeat.
    package let repeats: RepeatRule?
    /// Decided before it was stored (no MSH, unknown partner): the message is stored `rejected`.
    package let verdict: Verdict?

    /// An acceptance.
    package init(_ message: Message, repeats: RepeatRule? = .refuseReuse, verdict: Verdict? = nil) {
        (self.message, self.repeats, self.verdict) = (message, repeats, verdict)
    }
}

/// What to do when a control id comes again with other content, after an AA.
package enum RepeatRule: String, Sendable, Codable {
    /// AE 207: a business acknowledgement points back to the control id.
    case refuseReuse
    /// A new message, flagged.
    case acceptReuse
}

/// What the journal answers to `accept`.
package enum Receipt: Sendable, Hashable {
    /// Stored, on stable storage.
    case new(Seq)
    /// The same bytes came before and were answered: answer the same, deliver nothing.
    case seen(Seq, Verdict)
    /// The same id is stored but not decided yet: its verdict is the answer. `sameBytes` tells a repeat from a reuse.
    case undecided(Seq, sameBytes: Bool)
    /// The id was taken by other content; stored as rejected.
    case reused(Seq)
}

/// The answer to the sender, as the journal keeps it.
package struct Verdict: Sendable, Hashable, Codable {
    /// The three answers. `held`: taken (AA) though no route could run it.
    package enum Kind: String, Sendable, Codable { case accepted, rejected, held }

    package let kind: Kind
    package let findings: [Finding]
    /// How many of the findings each check made, in the order in which they ran, up to the last that made one; nil where no check ran. For the
    /// trace: not stored, and no part of what two verdicts have in common.
    private(set) var counts: [Int]?

    /// A verdict.
    package init(_ kind: Kind, _ findings: [Finding] = []) { (self.kind, self.findings) = (kind, findings) }

    /// Held, since the body could not be read when it was to be judged.
    package var lacksBody: Bool { kind == .held && findings.contains { $0.reason.code == Reasons.damaged.code } }

    /// That of checks which ran.
    init(_ kind: Kind, _ findings: [Finding], counts: [Int]?) { (self.kind, self.findings, self.counts) = (kind, findings, counts) }

    /// Taken because an AA might have left, though it would be rejected: judged again after a crash.
    var isWanting: Bool { kind == .held && findings.contains { $0.severity == .error } }

    package static func == (a: Verdict, b: Verdict) -> Bool { a.kind == b.kind && a.findings == b.findings }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(findings)
    }
    private enum CodingKeys: String, CodingKey { case kind, findings }
}

/// A message that has no plan yet.
package struct Unrouted: Sendable {
    package let message: Message
    /// Stored before a crash, if it was.
    package let verdict: Verdict?

    /// An unrouted message.
    package init(_ message: Message, verdict: Verdict?) { (self.message, self.verdict) = (message, verdict) }
}

/// What is to happen to a message.
package struct Plan: Sendable {
    package let seq: Seq
    package let verdict: Verdict
    /// Nil: only the verdict is stored now, the message stays `incoming`. Empty: `routed` (or `rejected` by the verdict) with nothing to deliver.
    package let deliveries: [PlannedDelivery]?
    /// Which routes matched and what their steps did, for `explain`: lines of text without patient data.
    package let trace: String
    /// Hashed or harmless facts by which a person finds the message: control id, document id.
    package let search: [Token]
    /// The rule by which the body is kept: the route that keeps longest; empty where no route takes it. The first plan with deliveries decides.
    package let keep: String

    /// A plan.
    package init(seq: Seq, verdict: Verdict, deliveries: [PlannedDelivery]?, trace: String = "", search: [Token] = [], keep: String = "") {
        (self.seq, self.verdict, self.deliveries, self.trace, self.search, self.keep) = (seq, verdict, deliveries, trace, search, keep)
    }
}

/// A delivery to be.
package struct PlannedDelivery: Sendable {
    package let id: DeliveryID
    package let key: Key128
    package let route: String, destination: String, sender: String
    package let part: Part
    package let lane: Lane
    /// `queued`, `active` (if the lane is free) or `held` with `reason` and `owner`.
    package let state: DeliveryState
    package let reason: Reason?
    package let owner: Owner?
    /// Later deliveries of the lane wait while this one is held (`when_held: block`).
    package let blocksWhenHeld: Bool
    /// Names by which reports and replacements find it.
    package let tokens: [Token]
    /// Documents this one replaces or deletes: it waits for every open delivery of `farEnd` that carries one of them.
    package let replaces: [Token]
    /// The far end: sender name; deliveries to one far end see each other's tokens.
    package var farEnd: String { sender }
    /// The other lanes in which this delivery is a barrier: of a merge, every one where documents of either identity may stand, in both classes.
    package let barriers: [Lane]
    package let deliveryClass: DeliveryClass
    package let facts: [String: String]

    /// A planned delivery.
    package init(
        id: DeliveryID, key: Key128, route: String, destination: String, sender: String, part: Part = Part(), lane: Lane, state: DeliveryState = .queued,
        reason: Reason? = nil, owner: Owner? = nil, blocksWhenHeld: Bool = true, tokens: [Token] = [], replaces: [Token] = [], barriers: [Lane] = [],
        deliveryClass: DeliveryClass = .today, facts: [String: String] = [:]
    ) {
        (self.id, self.key, self.route, self.destination, self.sender, self.part) = (id, key, route, destination, sender, part)
        (self.lane, self.state, self.reason, self.owner, self.blocksWhenHeld) = (lane, state, reason, owner, blocksWhenHeld)
        (self.tokens, self.replaces, self.barriers, self.deliveryClass, self.facts) = (tokens, replaces, barriers, deliveryClass, facts)
    }
}

/// A message built by a `then`, to be accepted in the transaction of what caused it.
package struct Emitted: Sendable {
    package let message: Message

    /// An emitted message.
    package init(_ message: Message) { self.message = message }
}

/// The end of one attempt.
package struct Settlement: Sendable {
    /// What the delivery becomes.
    package enum Result: Sendable {
        case delivered(Proof)
        case refused(Reason)
        case deferred(Reason, until: Instant)
        case unknown(Reason, until: Instant)
        case held(Reason, owner: Owner)
        /// No byte left, or our own set-up is wrong: back to `queued`, attempt not counted.
        case giveBack(Reason?)
    }

    package let delivery: DeliveryID
    package let attempt: Int
    package let result: Result
    package let emitted: [Emitted]

    /// A settlement.
    package init(delivery: DeliveryID, attempt: Int, result: Result, emitted: [Emitted] = []) {
        (self.delivery, self.attempt, self.result, self.emitted) = (delivery, attempt, result, emitted)
    }
}

/// What a settle did.
package struct Settled: Sendable {
    /// Of `next`, those that became active, with their attempt number.
    package let activated: [DeliveryID: Int]
    /// The emitted messages with their seq, to be routed.
    package let emitted: [Message]
    /// Settlements that changed nothing: their attempt was no longer active.
    package let ignored: Set<DeliveryID>
    /// Lanes where something waited for a settled delivery of another lane (a merge, a replaced document): `due` may now offer it.
    package let freed: Set<Lane>

    /// A result.
    package init(activated: [DeliveryID: Int], emitted: [Message], ignored: Set<DeliveryID> = [], freed: Set<Lane> = []) {
        (self.activated, self.emitted, self.ignored, self.freed) = (activated, emitted, ignored, freed)
    }
}
