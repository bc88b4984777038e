/// A route as one facility takes part in it: parameters bound, components built, conditions compiled.
package struct RouteInstance: Sendable {
    /// A check and where it stands.
    package typealias PlacedCheck = (name: String, check: any Check, place: Place)
    /// A step and where it stands.
    package typealias PlacedStep = (name: String, step: any Step, place: Place)

    /// The route's name, the same for every facility.
    package let name: String
    package let about: Text
    /// Where the route file begins.
    package let place: Place
    /// The facility whose messages it takes.
    package let facility: String
    /// Names of listeners, and `emitted/KIND` for messages that a `then` built.
    package let from: Set<String>
    package let format: any Format
    package let when: Condition
    package let order: OrderRule
    /// In file order.
    package let checks: [PlacedCheck]
    package let steps: [PlacedStep]
    package let destinations: [Destination]
    /// Lines of the trace, made once: that it matches, that a check found nothing, and that a step was applied.
    package let matchLine: String
    let checkLines: [String], stepLines: [String]
    /// A check or step of it decodes documents.
    package let isHeavy: Bool
    package var classRule = ClassRule.inherited
    /// How long bodies are kept; nil: as the node says.
    package var keep: KeepRule?

    /// A route with its parts built.
    package init(
        name: String, about: Text, place: Place, facility: String, from: Set<String>, format: any Format, when: Condition, order: OrderRule,
        checks: [PlacedCheck], steps: [PlacedStep], destinations: [Destination], classRule: ClassRule = .inherited, keep: KeepRule? = nil
    ) {
        (self.name, self.about, self.place, self.facility, self.from) = (name, about, place, facility, from)
        (self.format, self.when, self.order, self.checks, self.steps, self.destinations) = (format, when, order, checks, steps, destinations)
        (self.classRule, self.keep) = (classRule, keep)
        matchLine = "\(place): route \(name) matches"
        checkLines = checks.map { Self.line($0, findings: 0) }
        stepLines = steps.map { "\($0.place): step \($0.name)" }
        isHeavy = checks.contains { $0.check.isHeavy } || steps.contains { $0.step.isHeavy }
    }

    /// The line of the trace for a check.
    package static func line(_ check: PlacedCheck, findings count: Int) -> String {
        "\(check.place): check \(check.name): " + (count == 0 ? "nothing to say" : count == 1 ? "1 finding" : "\(count) findings")
    }

    /// The destination of an id `route/to.id`.
    package func destination(_ id: String) -> Destination? {
        guard id.hasPrefix(name + "/") else { return nil }
        let last = id.dropFirst(name.count + 1)
        return destinations.first { $0.id == last }
    }
}

/// `order:` of a route: which deliveries leave one after the other, and what a held one does to those behind it.
package struct OrderRule: Sendable, Hashable {
    /// What makes two messages follow each other.
    package enum Key: String, Sendable, CaseIterable {
        case patient, account, connection
        /// One lane for the whole destination.
        case strict
        case none
    }
    /// What a held delivery does to its lane.
    package enum WhenHeld: String, Sendable, CaseIterable { case block, pass }

    package let by: Key, whenHeld: WhenHeld

    /// A rule; by patient and blocking unless the route says otherwise.
    package init(by: Key = .patient, whenHeld: WhenHeld = .block) { (self.by, self.whenHeld) = (by, whenHeld) }
}

/// `class:` of a route: which of its deliveries are for today, and which catch up on history and yield to those.
package enum ClassRule: Sendable {
    /// Not said: that of the message it was built from, else today.
    case inherited
    case always(DeliveryClass)
    /// Bulk where the condition on the message holds, today elsewhere.
    case bulk(when: Condition)

    /// The class of a message's deliveries.
    func deliveryClass(_ reading: Reading) -> DeliveryClass {
        switch self {
        case .inherited: reading.message.envelope.notes[Self.note].flatMap(DeliveryClass.init) ?? .today
        case .always(let one): one
        case .bulk(let condition): condition.holds(reading.content, [:]) ? .bulk : .today
        }
    }

    /// The envelope's note by which an emitted message inherits the class of its parent's delivery.
    static let note = "class"
}

/// Who sends a destination's deliveries.
package enum SenderReference: Sendable, Hashable {
    /// A sender of the node file, or an endpoint of the facility as `facility/endpoint`.
    case named(String)
    /// The endpoint that the message's partner names under `answers`.
    case partnerAnswers
}

/// One entry of a route's `to`.
package struct Destination: Sendable {
    /// Its id within the route; the full id is `route/to.id`.
    package let id: String
    package let place: Place
    package let sender: SenderReference
    /// Read on the message and the notes of the steps; nil: always.
    package let when: Condition?
    /// The note that gives one part for each of its items (`recipients.pro`); nil: one part.
    package let each: NotePath?
    package let then: (any Then)?

    /// A destination with its parts built.
    package init(id: String, place: Place, sender: SenderReference, when: Condition?, each: NotePath?, then: (any Then)?) {
        (self.id, self.place, self.sender, self.when, self.each, self.then) = (id, place, sender, when, each, then)
    }

    /// The parts of this destination for a message whose steps left these notes: one, or one for each item of `each`.
    /// A part's id is its item's `id`, else `address`, else its text, else its number: the same whenever the steps run again.
    package func parts(of notes: Notes) -> [Part] {
        guard let each else { return [Part()] }
        guard let note = each.note(in: notes) else { return [] }
        let items: [Note] = if case .list(let list) = note { list } else { [note] }
        return items.enumerated().map { index, item in
            switch item {
            case .record(let fields):
                Part(id: fields["id"]?.text ?? fields["address"]?.text ?? String(index + 1), notes: fields)
            case .text(let text): Part(id: text, notes: ["value": item])
            case .list: Part(id: String(index + 1), notes: ["value": item])
            }
        }
    }
}

/// The path of a note, written `note.recipients.pro` in a route.
package struct NotePath: Sendable, Hashable, CustomStringConvertible {
    private let names: [Substring]

    /// A path from the text behind `note.`; nil when a name in it is empty.
    package init?(_ text: some StringProtocol) {
        let names = text.split(separator: ".", omittingEmptySubsequences: false).map { Substring($0) }
        guard !names.contains(where: \.isEmpty) else { return nil }
        self.names = names
    }

    /// The note at this path.
    package func note(in notes: Notes) -> Note? { notes[String(names[0])]?.at(names.dropFirst()) }

    /// Whether one of these paths leads to it, or it leads to one of them.
    func meets(_ written: Set<String>) -> Bool {
        written.contains { path in zip(names, path.split(separator: ".")).allSatisfy { $0 == $1 } }
    }

    package var description: String { "note." + names.joined(separator: ".") }
}
