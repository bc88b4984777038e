/// What the routes make of one message: the verdict, the deliveries to be, and the trace. A value; nothing was stored or sent for it.
package struct Examination: Sendable {
    package let message: Message
    package let verdict: Verdict
    /// Deliveries in the order of the routes and their destinations.
    package let deliveries: [ExaminedDelivery]
    /// What happened, line by line, with places: no patient data.
    package let trace: [String]
    /// Facts by which a person finds the message.
    package let search: [Token]
    /// Planning of later messages with this key waits while a route of this message is held.
    package let blocks: Bool
    /// The configuration that examined it (`Configuration.generation`).
    package var generation = 0

    /// The lines of the routes that take it and have an order of their own, by route: see `OrderStreams`. Nil: no route could say.
    package var streams: [String: UInt64]?

    /// The deliveries to be that hold them back: those held at their route.
    var blockers: [DeliveryID] {
        guard blocks else { return [] }
        let held = deliveries.indices.filter { deliveries[$0].sender == InternalSender.route && deliveries[$0].blocksWhenHeld }
        return (held.isEmpty ? [0] : held).map { Delivery.id(message.seq, $0) }
    }
}

/// A delivery to be, with what its sender needs bound.
package struct ExaminedDelivery: Sendable {
    package let key: Key128
    package let route: String, destination: String, sender: String
    package let part: Part
    package let lane: Lane
    /// Of a merge: see `PlannedDelivery.barriers`.
    package let barriers: [Lane]
    package let deliveryClass: DeliveryClass
    package let tokens: [Token], replaces: [Token]
    package let blocksWhenHeld: Bool
    package let notes: Notes
    /// The bytes, where steps rewrote them.
    package let rewritten: [UInt8]?
    /// Set when the route failed: it is planned as held.
    package let held: Reason?
}

/// Names that stand for no sender of the configuration.
package enum InternalSender {
    /// A route that must be run again: destination `route:NAME`.
    package static let route = "route"
    /// Nobody: the destination is gone from the configuration.
    package static let missing = "missing"
}
