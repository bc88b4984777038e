/// What became of one attempt to deliver (design §2).
package enum Outcome: Sendable, Hashable {
    /// The far end has it.
    case delivered(Proof)
    /// Not now; nothing was stored there when `nothingStored`, so the next attempt may send other bytes.
    case deferred(Reason, retryAfter: Duration? = nil, nothingStored: Bool = true)
    /// Never: final, and always followed by an acknowledgement or an alert.
    case refused(Reason)
    /// Sent, no answer.
    case unknown(Reason)
    /// Our own set-up is wrong: the attempt does not count, the scope rests until a person or a new configuration resumes it.
    case halted(scope: String, Reason)
    /// A person must decide.
    case held(Reason, owner: Owner)
}

/// Who must look at a held delivery.
package enum Owner: String, Sendable, Codable, CaseIterable { case identity, secretariat, vendor, network, exploitation }

/// What shows that the far end has it.
package struct Proof: Sendable, Hashable, Codable {
    /// The far end's answer, short: `250 2.0.0 Ok`, `Success`, `AA`. No patient data.
    package let answer: String
    /// Facts to keep: submission-set id, VIHF id, Message-ID, digests.
    package let facts: [String: String]
    /// A report (DSN, MDN) is expected.
    package let reportAwaited: Bool

    /// A proof.
    package init(answer: String, facts: [String: String] = [:], reportAwaited: Bool = false) {
        (self.answer, self.facts, self.reportAwaited) = (answer, facts, reportAwaited)
    }
}

/// What a sender does about an attempt that ended unknown.
package enum AfterUnknown: String, Sendable, Codable {
    /// Ask the far end (`resolve`).
    case ask
    /// Send the same bytes with the same ids again.
    case sendAgain
    /// A person decides.
    case hold
}

/// What came later about a delivery: a DSN, an MDN.
package struct Report: Sendable, Hashable, Codable {
    /// How it ended.
    package enum Status: String, Sendable, Codable { case none, awaited, relayed, delivered, failed, overdue }

    package let status: Status
    /// Why, when it failed.
    package let reason: Reason?

    /// A report.
    package init(_ status: Status, reason: Reason? = nil) { (self.status, self.reason) = (status, reason) }

    /// Whether this one changes what is known: an equal one does not, nor `relayed` that arrives after the end, nor `overdue` after any news.
    /// Between `delivered` and `failed` the last word counts.
    package func changes(_ old: Report) -> Bool { status.weight > old.status.weight || status != old.status && status.isFinal && old.status.isFinal }

    /// The mail arrived, or was handed on: an attempt that ended unknown is settled by it.
    package var isGood: Bool { status == .relayed || status == .delivered }
}

extension Report.Status {
    fileprivate var isFinal: Bool { self == .delivered || self == .failed }
    fileprivate var weight: Int {
        switch self {
        case .none: 0
        case .awaited: 1
        case .overdue: 2
        case .relayed: 3
        case .delivered, .failed: 4
        }
    }
}

/// What a `then` answers to.
package enum Event: Sendable {
    /// The delivery was settled for good: delivered or refused.
    case outcome(Outcome)
    /// A report came.
    case reported(Report)
    /// A person discarded it, or it was given up.
    case discarded(Reason)
}
