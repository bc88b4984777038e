import Pipeline

/// What a body of the simulation says.
enum SimulatedContent: Sendable {
    case letter(Letter)
    /// An acknowledgement that a `then` built.
    case note
    /// What came later about a delivery.
    case report(token: String, failed: Bool)
}

/// Reads a body: a letter by its number, a note, or a report.
struct SimulatedFormat: Format {
    let letters: [Int: Letter]
    var name: String { "simulated" }

    func read(_ bytes: [UInt8]) throws(Reason) -> any Content {
        let words = bytes.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        switch words.first {
        case "letter":
            guard words.count > 1, let id = Int(words[1]), let letter = letters[id], !letter.isUnreadable else { throw Self.unreadable }
            return SimulatedContent.letter(letter)
        case "note": return SimulatedContent.note
        case "report": if words.count > 2 { return SimulatedContent.report(token: words[1], failed: words[2] == "failed") } else { throw Self.unreadable }
        default: throw Self.unreadable
        }
    }

    static let unreadable = Reason("102", Text(fr: "illisible", en: "unreadable"))

    func path(_ text: String) throws(PathError) -> any ContentPath { throw PathError(Text(fr: "pas de chemin", en: "no path"), offset: 0) }
    func setting(_ path: any ContentPath, to value: String, in content: any Content) throws(Reason) -> (bytes: [UInt8], content: any Content) {
        throw Self.unreadable
    }

    func report(in content: any Content) -> CarriedReport? {
        guard case .report(let token, let failed)? = (content as Any) as? SimulatedContent else { return nil }
        let reason = failed ? Reason("5.1.1", Text(fr: "boîte inconnue", en: "no such mailbox")) : nil
        return CarriedReport(tokens: [Token(kind: "envid", value: token)], report: Report(failed ? .failed : .delivered, reason: reason))
    }
    func index(of content: any Content) -> [String] {
        switch (content as Any) as? SimulatedContent {
        case .letter(let letter): [letter.isUnmatched ? "unmatched" : "letter"]
        default: ["note"]
        }
    }
    var indexPaths: [String] { ["kind"] }

    static func letter(_ content: any Content) -> Letter? { if case .letter(let letter)? = (content as Any) as? SimulatedContent { letter } else { nil } }
}

/// Finds the error of a letter that has one.
struct SimulatedCheck: Check {
    static let spec = Spec("simulated", Text(fr: "", en: ""))
    let isHeavy: Bool
    init(heavy: Bool) { isHeavy = heavy }
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { isHeavy = false }
    func findings(_ message: Reading) -> [Finding] {
        SimulatedFormat.letter(message.content).flatMap { $0.isBad ? [Finding(.error, Reason("101", Text(fr: "mauvais", en: "bad")))] : nil } ?? []
    }
}

/// Facts into notes, the document into tokens; fails for the letters that it fails for, until it is mended.
struct SimulatedStep: Step {
    static let spec = Spec("simulated", Text(fr: "", en: ""))
    let isMended: @Sendable () -> Bool
    init(isMended: @escaping @Sendable () -> Bool) { self.isMended = isMended }
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { isMended = { true } }
    var isHeavy: Bool { false }

    func apply(_ draft: inout Draft) throws(StepFailure) -> StepResult {
        guard let letter = SimulatedFormat.letter(draft.content) else { return .pass }
        if letter.fails, !isMended() { throw StepFailure(SimulatedFormat.unreadable) }
        for (destination, count) in letter.parts { draft.notes["to_" + destination] = .list((1...count).map { .record(["id": .text("p\($0)")]) }) }
        if let document = letter.document { draft.tokens.append(Token(kind: "unique-id", value: "doc\(document)")) }
        if let replaced = letter.replaces { draft.replaces.append(Token(kind: "unique-id", value: "doc\(replaced)")) }
        return .pass
    }
}

/// An acknowledgement for whoever asked.
struct SimulatedThen: Then {
    static let spec = Spec("simulated", Text(fr: "", en: ""))
    init() {}
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {}
    func isAsked(_ message: Reading) -> Bool { SimulatedFormat.letter(message.content)?.asks ?? false }
    func emit(_ message: Reading, _ delivery: Delivery, _ event: Event, _ emission: EmissionContext) -> [Emission] {
        guard isAsked(message) else { return [] }
        let word: String =
            switch event {
            case .outcome(.delivered): "delivered"
            case .outcome(.refused): "refused"
            case .outcome: "other"
            case .reported(let report): "report-" + report.status.rawValue
            case .discarded: "discarded"
            }
        return [Emission(kind: "note", format: "simulated", controlID: emission.controlID(0), bytes: Array("note \(delivery.id) \(word)".utf8))]
    }
}

extension Scenario {
    /// Reads its letters.
    var format: SimulatedFormat { SimulatedFormat(letters: Dictionary(letters.map { ($0.id, $0) }) { first, _ in first }) }

    /// The configuration in force; `senders`: those that it has.
    func configuration(senders: [String: any Sender], isMended: @escaping @Sendable () -> Bool) -> Configuration {
        let place = Place(file: "simulated.yaml", line: 1, column: 1)
        func route(
            _ name: String, from: String, _ order: OrderRule, checks: [any Check] = [], steps: [any Step] = [], to destinations: [Destination],
            _ classRule: ClassRule = .inherited
        ) -> RouteInstance {
            RouteInstance(
                name: name, about: Text(fr: "", en: ""), place: place, facility: "f", from: [from], format: format, when: .always, order: order,
                checks: checks.map { ("check", $0, place) }, steps: steps.map { ("step", $0, place) }, destinations: destinations,
                classRule: classRule)
        }
        var configuration = Configuration()
        configuration.formats = [format.name: format]
        configuration.senders = senders
        let destinations = ["a", "b", "c"].map { id in
            Destination(id: id, place: place, sender: .named(Self.senders[id] ?? ""), when: nil, each: NotePath("to_" + id), then: SimulatedThen())
        }
        let back = Destination(id: "d", place: place, sender: .named("s0"), when: nil, each: nil, then: nil)
        let heavy = SimulatedCheck(heavy: true), light = SimulatedCheck(heavy: false), step = SimulatedStep(isMended: isMended)
        configuration.add(route("r", from: "in", order, checks: [light], steps: [step], to: destinations), words: [["letter"]])
        configuration.add(route("r", from: "in-heavy", order, checks: [heavy], steps: [step], to: destinations), words: [["letter"]])
        configuration.add(route("r", from: "in-bulk", order, checks: [light], steps: [step], to: destinations, .always(.bulk)), words: [["letter"]])
        configuration.add(route("back", from: "emitted/note", OrderRule(), to: [back]))
        return configuration
    }
}
