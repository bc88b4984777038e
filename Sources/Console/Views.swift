package import Pipeline
import FoundationEssentials

/// A reason as the door shows it. The far end's own words appear only when the reader asked for them.
package struct ReasonView: Sendable, Codable, Hashable {
    /// The stable code, and its sentence in both languages.
    package let code: String, fr: String, en: String
    package let location: String?
    /// The code of a business acknowledgement.
    package let business: String?
    /// `•••`, or the detail itself when it was asked for.
    package let detail: String?

    /// A view of a reason.
    package init(_ reason: Reason, reveal: Bool = false) {
        (code, fr, en, location) = (reason.code, reason.text.fr, reason.text.en, reason.location)
        business = reason.business.map { "\($0.code)^\($0.label)^\($0.system)" }
        detail = reason.detail.map { reveal ? $0.revealed : $0.description }
    }
}

/// A delivery as the door shows it: no patient data unless `reveal` was asked for.
package struct DeliveryView: Sendable, Codable, Hashable {
    package let id: DeliveryID
    package let state: String, version: Int, attempt: Int
    /// The message's id and the sender's own name for it.
    package let message: String, controlID: String
    package let facility: String, partner: String
    package let route: String, destination: String, sender: String
    /// The share of the destination: a mail recipient, whose identity number is masked.
    package let part: String
    /// The 32 hex digits that all ids of this delivery are made from.
    package let key: String
    package let reason: ReasonView?
    package let owner: String?
    /// `delivered` and its answer: `Success`, `250 2.0.0 Ok`.
    package let answer: String?
    package let facts: [String: String]
    /// `none`, `awaited`, `relayed`, `delivered`, `failed`, `overdue`, and why it failed.
    package let report: String, reportReason: ReasonView?
    /// ISO 8601, UTC.
    package let planned: String, changed: String, due: String?
    /// `today` or `bulk`.
    package let deliveryClass: String
    /// Numbers of the deliveries that it waits for, the first ten; a merge (A40, A47) can be let pass alone.
    package let waitsFor: [DeliveryID], isMerge: Bool

    /// A view of a delivery.
    package init(_ stored: StoredDelivery, reveal: Bool = false) {
        let delivery = stored.delivery, envelope = delivery.message.envelope
        (id, state, version, attempt) = (delivery.id, stored.state.rawValue, stored.version, delivery.attempt)
        (message, controlID) = (envelope.id.description, envelope.controlID)
        (facility, partner) = (envelope.partner.facility, envelope.partner.name)
        (route, destination, sender) = (delivery.route, delivery.destination, delivery.sender)
        part = reveal ? delivery.part.id : Mask.address(delivery.part.id)
        key = delivery.key.hex
        reason = stored.reason.map { ReasonView($0, reveal: reveal) }
        owner = stored.owner?.rawValue
        answer = stored.proof?.answer
        facts = delivery.facts.merging(stored.proof?.facts ?? [:]) { _, later in later }
        report = stored.report.status.rawValue
        reportReason = stored.report.reason.map { ReasonView($0, reveal: reveal) }
        (planned, changed, due) = (stored.planned.text, stored.changed.text, stored.due?.text)
        let merges = delivery.message.envelope.keys.merged != 0
        (deliveryClass, waitsFor, isMerge) = (delivery.deliveryClass.rawValue, stored.blockers, stored.isMerge && merges)
    }
}

/// A message as the door shows it: never its bytes.
package struct MessageView: Sendable, Codable, Hashable {
    package let id: String, seq: Seq, parent: String?
    package let listener: String, facility: String, partner: String, controlID: String, format: String
    /// ISO 8601, UTC.
    package let received: String
    package let bytes: Int
    package let state: String
    /// `accepted`, `rejected` or `held`; nil while undecided.
    package let verdict: String?
    package let findings: [FindingView]
    /// Which routes matched and what their steps did, a line each.
    package let trace: [String]
    package let deliveries: [DeliveryView]
    /// Ids of the messages built from it.
    package let children: [String]
    package let audit: [AuditView]

    /// A view of a message.
    package init(_ stored: StoredMessage, audit: [AuditEntry] = [], reveal: Bool = false) {
        let envelope = stored.message.envelope
        (id, seq, parent) = (envelope.id.description, stored.message.seq, envelope.parent?.description)
        (listener, facility, partner) = (envelope.listener, envelope.partner.facility, envelope.partner.name)
        (controlID, format, received) = (envelope.controlID, envelope.format, envelope.received.text)
        (bytes, state) = (stored.message.body.count, stored.state.rawValue)
        verdict = stored.verdict?.kind.rawValue
        findings = (stored.verdict?.findings ?? []).map { FindingView(severity: $0.severity.rawValue, reason: ReasonView($0.reason, reveal: reveal)) }
        trace = stored.trace.split(separator: "\n").map(String.init)
        deliveries = stored.deliveries.map { DeliveryView($0, reveal: reveal) }
        children = stored.children.map(\.description)
        self.audit = audit.map { AuditView($0) }
    }
}

/// What a check found.
package struct FindingView: Sendable, Codable, Hashable {
    /// `error`, `warning`, `information`.
    package let severity: String
    package let reason: ReasonView
}

/// A line of the audit.
package struct AuditView: Sendable, Codable, Hashable {
    /// ISO 8601, UTC.
    package let at: String
    package let by: String, what: String
    package let delivery: DeliveryID?, attempt: Int?
    package let reason: ReasonView?

    /// A view of an audit entry.
    package init(_ entry: AuditEntry) {
        (at, by, what) = (entry.at.text, entry.by, entry.what)
        (delivery, attempt, reason) = (entry.delivery, entry.attempt, entry.reason.map { ReasonView($0) })
    }
}

/// `GET /queue`: the counters, and a page of deliveries.
package struct QueueView: Sendable, Codable, Hashable {
    /// Messages that have no plan yet.
    package let incoming: Int
    /// By destination, by state.
    package let open: [String: [String: Int]]
    package let deliveries: [DeliveryView]
    /// The `after` of the next page, when there is one.
    package let next: DeliveryID?
    package let halted: [HaltedScope]
    /// Since the start: what became of messages and deliveries, refusals by code, what connectors counted. Nil while no gateway runs.
    package let since: Since?

    /// Counters since the start.
    package struct Since: Sendable, Codable, Hashable {
        package let counters: [String: Int], refusals: [String: Int], tally: [String: Int]
    }
}

/// What was found under an id: usually one message.
package struct MessagesView: Sendable, Codable, Hashable {
    package let messages: [MessageView]
}

/// `POST /reload`: what became of the new configuration.
package struct ReloadView: Sendable, Codable, Hashable {
    /// It is in force; false: the old one stays.
    package let isTaken: Bool
    /// SHA-256 of its files.
    package let digest: String
    /// What changed, a line each.
    package let changes: [Text]
    /// Deliveries that were held since their destination was gone, and go on.
    package let released: Int
    /// The diagnostics as `check` prints them.
    package let report: Text

    /// A view.
    package init(isTaken: Bool, digest: String, changes: [Text], released: Int, report: Text) {
        (self.isTaken, self.digest, self.changes, self.released, self.report) = (isTaken, digest, changes, released, report)
    }
}

/// Why the door did not do it.
package struct RefusalView: Sendable, Codable, Hashable {
    package let error: ReasonView
}

/// Hides what names a patient.
package enum Mask {
    /// An address whose local part is a national identity number (digits alone) keeps its domain only.
    package static func address(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@"), at > text.startIndex, text[..<at].allSatisfy({ $0.isNumber }) else { return text }
        return "•••" + text[at...]
    }
}

extension Instant {
    /// `2026-01-15T10:31:00.123Z`.
    package var text: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
