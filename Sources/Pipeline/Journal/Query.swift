/// What a person can do to a delivery.
package enum OperatorCommand: Sendable, Hashable {
    /// Stop it, with a reason.
    case hold(Reason, owner: Owner)
    /// A held delivery goes back to its queue.
    case release
    /// Try at once: deferred, unknown or held.
    case retry
    /// Give up: `then` runs.
    case discard(Reason)
    /// Let a merge that waits leave before what it waits for, alone: nothing else passes with it.
    case pass
    /// A new delivery with a new key (a new generation), of one that is settled.
    case resend
}

/// A delivery as the journal keeps it.
package struct StoredDelivery: Sendable {
    package let delivery: Delivery
    package let state: DeliveryState
    package let reason: Reason?
    package let owner: Owner?
    /// When a deferred or unknown one is tried again.
    package let due: Instant?
    package let proof: Proof?
    package let report: Report
    /// When it was planned and last changed.
    package let planned: Instant, changed: Instant
    /// Rises with every change; a command names the one it saw.
    package let version: Int
    /// What it waits for, the first ten: earlier open deliveries of its lane or of the other patient of a merge, and what it replaces.
    package let blockers: [DeliveryID]
    /// A merge: it waits for both patients, and both wait for it.
    package let isMerge: Bool

    /// A stored delivery.
    package init(
        delivery: Delivery, state: DeliveryState, reason: Reason?, owner: Owner?, due: Instant?, proof: Proof?, report: Report, planned: Instant,
        changed: Instant, version: Int, blockers: [DeliveryID] = [], isMerge: Bool = false
    ) {
        (self.delivery, self.state, self.reason, self.owner, self.due) = (delivery, state, reason, owner, due)
        (self.proof, self.report, self.planned, self.changed, self.version) = (proof, report, planned, changed, version)
        (self.blockers, self.isMerge) = (blockers, isMerge)
    }
}

/// The states of a message.
package enum MessageState: String, Sendable, Codable, CaseIterable { case incoming, waiting, routed, rejected, discarded }

/// A message as the journal keeps it.
package struct StoredMessage: Sendable {
    package let message: Message
    package let state: MessageState
    package let verdict: Verdict?
    package let trace: String
    package let deliveries: [StoredDelivery]
    /// Messages built from it (ZAM…).
    package let children: [MessageID]
    /// Set when the body is gone.
    package let removal: BodyRemoval?

    /// A stored message.
    package init(
        message: Message, state: MessageState, verdict: Verdict?, trace: String, deliveries: [StoredDelivery], children: [MessageID],
        removal: BodyRemoval? = nil
    ) {
        (self.message, self.state, self.verdict, self.trace) = (message, state, verdict, trace)
        (self.deliveries, self.children, self.removal) = (deliveries, children, removal)
    }
}

/// A line of the audit.
package struct AuditEntry: Sendable, Codable {
    package let at: Instant
    /// The person, or `engine`.
    package let by: String
    /// `accepted`, `planned`, `active`, `delivered`, `deferred`, `released`…
    package let what: String
    package let seq: Seq
    package let delivery: DeliveryID?
    package let attempt: Int?
    package let reason: Reason?

    /// An entry.
    package init(at: Instant, by: String, what: String, seq: Seq, delivery: DeliveryID?, attempt: Int?, reason: Reason?) {
        (self.at, self.by, self.what, self.seq, self.delivery, self.attempt, self.reason) = (at, by, what, seq, delivery, attempt, reason)
    }
}

/// What the audit says of the gateway itself; the entry's reason holds what it is about.
package enum GatewayWord: String, Sendable, CaseIterable {
    /// A configuration is in force: `location` is its digest.
    case configured
    /// A new configuration was refused, the old one stays.
    case configurationRefused = "configuration refused"
    /// A scope that rested was resumed: `location` is its name.
    case resumed
    /// A patient's data was erased: how many messages, and the digest of the digests that went.
    case erased
}

/// A question to the journal.
package enum Query: Sendable {
    /// Deliveries in these states, of a destination or sender if named, after `after`, at most `limit`.
    case deliveries(states: Set<DeliveryState>, destination: String? = nil, after: DeliveryID = 0, limit: Int = 100)
    case delivery(DeliveryID)
    case message(MessageID)
    /// Newest first, before `before` (0: from the newest).
    case messages(before: Seq = 0, limit: Int = 100)
    /// By the sender's control id.
    case controlID(String)
    /// By a token or a search fact (document id…).
    case token(Token)
    /// The audit of a message; 0: that of the gateway itself.
    case audit(Seq)
    /// The counters of `Counts`.
    case counts
    /// Delivered with a report awaited since before the instant.
    case overdueReports(before: Instant, limit: Int)
}

/// The answer to a query: the fields that the query fills.
package struct Page: Sendable {
    package var deliveries: [StoredDelivery] = []
    package var messages: [StoredMessage] = []
    package var audit: [AuditEntry] = []
    package var counts: Counts = Counts()
    /// There is more after the last row.
    package var more = false

    /// An empty page.
    package init() {}
}

/// Counters for `queue list`.
package struct Counts: Sendable, Codable {
    /// Messages without a plan.
    package var incoming = 0
    /// By destination, by state: open deliveries.
    package var open: [String: [String: Int]] = [:]

    /// No count.
    package init() {}
}
