/// What a journal does for retention and erasure (design §5); `Keeper` decides when.
///
/// Age is told by marks, never by the time that a message carries: `noteTime` remembers which message was the last at a time that the keeper
/// trusts, so a clock that jumped while messages came makes none of them old. Nothing here touches what is open: each removal looks again,
/// in its own transaction, whether it still may.
package protocol JournalKeeping: Sendable {
    /// Remembers that the newest message of now is not younger than `now`. Marks of later times are forgotten: their clock was ahead, and the
    /// messages between count as young as `now`.
    func noteTime(_ now: Instant) async throws(JournalError)
    /// The time of the last mark.
    func timeNoted() async throws(JournalError) -> Instant?

    /// The bodies that are there, by the rule that governs them (`Plan.keep`).
    func bodiesKept() async throws(JournalError) -> [String: KeptBodies]

    /// What `level` may remove of the messages that were there by `before`, oldest first, after `seq`. `rule`: for `body`, whose bodies;
    /// other levels take all. At most `limit` rows are looked at, so that a page is quick however much is blocked.
    func removable(_ level: KeepLevel, rule: String, before: Instant, after seq: Seq, limit: Int) async throws(JournalError) -> RemovablePage

    /// Removes as many of these, in order, as a small slice of the writer's time allows, behind what live traffic asks for.
    func remove(_ level: KeepLevel, _ seqs: [Seq], now: Instant) async throws(JournalError) -> Removal

    /// Removes a few lines of the gateway's own audit that are older than `before`, and words that no message uses any more; false when there is nothing
    /// left to remove.
    func thin(before: Instant) async throws(JournalError) -> Bool

    /// Gives freed space back to the file system, one small step; false when there is nothing left to give back.
    func tidy() async throws(JournalError) -> Bool

    /// The messages that carry one of the keys, in order, after `seq`. At most `limit` rows are looked at.
    func messages(of patient: PatientKeys, after seq: Seq, limit: Int) async throws(JournalError) -> PatientPage

    /// Removes the bodies of these messages at once, and all else of them that may name the patient: recipients, the far ends' words, order keys.
    /// Tokens, digests, proofs and the audit's lines stay. Messages that are undecided or have an open delivery are left; those with an
    /// awaited report too, unless `evenAwaited`. Each is audited as `erased`. Returns those whose patient data is gone now.
    func erase(_ seqs: [Seq], evenAwaited: Bool, by person: String, now: Instant) async throws(JournalError) -> [Erased]

    /// Makes sure that the journal's own files hold nothing of what was erased; false if a reader kept some of it in the log: try again.
    func scrub() async throws(JournalError) -> Bool
}

extension JournalKeeping {
    /// Nothing.
    package func thin(before: Instant) async throws(JournalError) -> Bool { false }
}

/// What retention takes of a message, each later than the one before.
package enum KeepLevel: String, Sendable, Codable, CaseIterable {
    /// Its bytes, and what its deliveries were built from (recipients). Not while a delivery is open or a report awaited, nor before it is decided.
    case body
    /// By which repeats, late reports and searches are recognised: control id, tokens, search facts. After the body.
    case facts
    /// The message's own row and its deliveries: answers, reports, digests, ids. After the facts; not behind an open delivery, never the newest.
    case proofs
    /// The lines of the audit, once the rest is gone and the last of them is old enough.
    case audit
}

/// A message of which something may be removed.
package struct Removable: Sendable, Hashable {
    package let seq: Seq
    /// Of the body, where that is what goes.
    package let bytes: Int

    /// A candidate.
    package init(seq: Seq, bytes: Int) { (self.seq, self.bytes) = (seq, bytes) }
}

/// A page of candidates.
package struct RemovablePage: Sendable {
    package let found: [Removable]
    /// The last seq that was looked at, to go on after; nil: the end was reached.
    package let next: Seq?

    /// A page.
    package init(found: [Removable], next: Seq?) { (self.found, self.next) = (found, next) }
}

/// What a slice removed.
package struct Removal: Sendable, Hashable {
    /// Gone now.
    package let removed: [Removable]
    /// Not reached for want of time: hand them in again.
    package let rest: [Seq]

    /// A result; what is in neither list may not go any more.
    package init(removed: [Removable], rest: [Seq]) { (self.removed, self.rest) = (removed, rest) }
}

/// Bodies that are there.
package struct KeptBodies: Sendable, Hashable, Codable {
    package var count: Int
    package var bytes: Int

    /// Counted bodies.
    package init(count: Int = 0, bytes: Int = 0) { (self.count, self.bytes) = (count, bytes) }
}

/// A patient by the hashed keys of envelopes; 0 stands for none and matches nothing.
package struct PatientKeys: Sendable, Hashable {
    package let patient: UInt64, ins: UInt64

    /// The keys of a local identifier, an INS, or both.
    package init(patient: UInt64 = 0, ins: UInt64 = 0) { (self.patient, self.ins) = (patient, ins) }

    /// Whether a message is this patient's, or merges this patient.
    package func match(_ keys: OrderKeys) -> Bool {
        patient != 0 && (keys.patient == patient || keys.merged == patient) || ins != 0 && (keys.ins == ins || keys.merged == ins)
    }
}

/// A message of a patient, as an erasure sees it.
package struct PatientMessage: Sendable {
    package let seq: Seq
    package let id: MessageID
    package let isDecided: Bool
    /// Deliveries that are open, and those whose report is awaited.
    package let open: [DeliveryID], awaited: [DeliveryID]
    /// Where it went: destinations with a delivery that left.
    package let sentTo: [String]

    /// A message.
    package init(seq: Seq, id: MessageID, isDecided: Bool, open: [DeliveryID], awaited: [DeliveryID], sentTo: [String]) {
        (self.seq, self.id, self.isDecided, self.open, self.awaited, self.sentTo) = (seq, id, isDecided, open, awaited, sentTo)
    }
}

/// A page of a patient's messages.
package struct PatientPage: Sendable {
    package let found: [PatientMessage]
    /// The last seq that was looked at; nil: the end was reached.
    package let next: Seq?

    /// A page.
    package init(found: [PatientMessage], next: Seq?) { (self.found, self.next) = (found, next) }
}

/// A message whose patient data is gone.
package struct Erased: Sendable, Hashable {
    package let seq: Seq
    /// SHA-256 of the body that went, and its length; a body that retention had removed before has length 0.
    package let digest: [UInt8]
    package let bytes: Int

    /// An erased message.
    package init(seq: Seq, digest: [UInt8], bytes: Int) { (self.seq, self.digest, self.bytes) = (seq, digest, bytes) }
}

/// That and when a body was removed.
package struct BodyRemoval: Sendable, Hashable, Codable {
    package let at: Instant
    /// On a person's word; false: by retention.
    package let isErased: Bool

    /// A removal.
    package init(at: Instant, isErased: Bool) { (self.at, self.isErased) = (at, isErased) }
}
