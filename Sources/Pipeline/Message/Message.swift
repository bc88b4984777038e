/// The place of a message in the journal: rising, never reused. Order is `seq`, never the clock.
package typealias Seq = Int64

/// A message id: UUIDv7 bits (time, then chance), written as 26 base-32 letters.
package struct MessageID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The 128 bits.
    package let key: Key128

    /// An id from its bits.
    package init(_ key: Key128) { self.key = key }

    /// A new id made at `time` (RFC 9562, version 7).
    package init(at time: Instant, _ random: any Randomness) {
        let a = random.next(), b = random.next()
        key = Key128(high: UInt64(truncatingIfNeeded: time.milliseconds) << 16 | 0x7000 | a & 0xFFF, low: 0x8000_0000_0000_0000 | b >> 2)
    }

    /// An id from its 26 letters.
    package init?(_ text: String) {
        guard let key = Key128(base32: text) else { return nil }
        self.key = key
    }

    package static func < (a: MessageID, b: MessageID) -> Bool { a.key < b.key }
    package var description: String { key.base32() }
}

/// Who sent a message: (facility, MSH-3, MSH-4), a mailbox, or a client's identity; never an address. The origin of its messages.
package struct Partner: Sendable, Hashable, Codable {
    /// The facility file that names it.
    package let facility: String
    /// Its name within the facility, as the facility file's `partners` gives it: application and facility code joined by `|`, or a mailbox.
    package let name: String

    /// A partner of a facility.
    package init(facility: String, name: String) { (self.facility, self.name) = (facility, name) }

    /// The text that delivery keys and the memory of repeats are made from.
    package var origin: String { facility + "/" + name }
}

/// The keys by which order is kept, hashed with the journal's secret; 0 where the message has none.
package struct OrderKeys: Sendable, Hashable {
    /// The patient by local identifier (IPP), by INS, the account (NDA), and the connection or partner.
    package var patient: UInt64 = 0, ins: UInt64 = 0, account: UInt64 = 0, connection: UInt64 = 0
    /// The other patient of a merge (A40, A47), else 0: the delivery is also a barrier in the lanes of that patient.
    package var merged: UInt64 = 0

    /// No key at all.
    package init() {}

    /// The key that holds planning back: messages with an equal one are planned in the order they came.
    package var planning: UInt64 { patient != 0 ? patient : ins != 0 ? ins : account != 0 ? account : connection }
}

/// A name by which a later report or a replacement finds a delivery: Message-ID, ENVID, a document's uniqueId.
package struct Token: Sendable, Hashable, Codable {
    /// `message-id`, `envid`, `unique-id`.
    package let kind: String
    /// The value, exactly as it left.
    package let value: String

    /// A token.
    package init(kind: String, value: String) { (self.kind, self.value) = (kind, value) }
}

/// What is known of a message beside its bytes. Immutable; one class instance so that passing a message costs one retain.
package final class Envelope: Sendable {
    package let id: MessageID
    /// The message this one was built from, if any.
    package let parent: MessageID?
    /// The listener that received it, or `emitted/KIND` for one that a `then` built.
    package let listener: String
    package let partner: Partner
    package let received: Instant
    /// The name of a `Format`: `hl7v2`, `mail`, `bytes`.
    package let format: String
    /// MSH-10, Message-ID…: the sender's own name for it.
    package let controlID: String
    package let keys: OrderKeys
    /// What the listener saw worth keeping: `ack=…`, warnings. Never patient data.
    package let notes: [String: String]

    /// An envelope.
    package init(
        id: MessageID, parent: MessageID? = nil, listener: String, partner: Partner, received: Instant, format: String, controlID: String,
        keys: OrderKeys = OrderKeys(), notes: [String: String] = [:]
    ) {
        (self.id, self.parent, self.listener, self.partner) = (id, parent, listener, partner)
        (self.received, self.format, self.controlID, self.keys, self.notes) = (received, format, controlID, keys, notes)
    }

    /// The facility whose routes and settings apply.
    package var facility: String { partner.facility }

    /// The note by which a merge names the other identity's INS, hashed as a key, where that identity has a local identifier, too.
    package static let mergedINSNote = "merged-ins"
    /// That key; 0 where there is none.
    package var mergedINS: UInt64 { notes[Self.mergedINSNote].flatMap { UInt64($0, radix: 16) } ?? 0 }
}

/// Immutable bytes exactly as received or built, with their envelope (design §2).
package struct Message: Sendable {
    package let envelope: Envelope
    package let body: Body
    /// SHA-256 of the body, 32 bytes.
    package let digest: [UInt8]
    /// Its place in the journal; 0 until accepted.
    package var seq: Seq = 0

    /// A message.
    package init(envelope: Envelope, body: Body, digest: [UInt8], seq: Seq = 0) {
        (self.envelope, self.body, self.digest, self.seq) = (envelope, body, digest, seq)
    }
}

/// Where the bytes of a message are.
package enum Body: Sendable {
    /// In memory: up to 64 KB, or a message in flight.
    case bytes([UInt8])
    /// In a file of the journal, already written and synced; read when needed.
    case file(BodyFile)
    /// This many bytes, in the journal: lists leave them there, `Journal.bytes(of:)` reads them.
    case stored(Int)

    /// The number of bytes.
    package var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .file(let file): file.count
        case .stored(let count): count
        }
    }
}

/// A body in a file of the journal.
package struct BodyFile: Sendable, Hashable {
    /// Absolute path.
    package let path: String
    /// Length in bytes.
    package let count: Int

    /// A body file.
    package init(path: String, count: Int) { (self.path, self.count) = (path, count) }
}
