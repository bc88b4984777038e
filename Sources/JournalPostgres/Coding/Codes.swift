import Pipeline

// The numbers that stand in the tables: never change one, only add.

extension DeliveryState {
    private static let numbered: [DeliveryState] = [.queued, .active, .deferred, .unknown, .held, .delivered, .refused, .discarded]

    var number: Int { Self.numbered.firstIndex(of: self) ?? 4 }
    init(number: Int) { self = Self.numbered.indices.contains(number) ? Self.numbered[number] : .held }
}

extension MessageState {
    private static let numbered: [MessageState] = [.incoming, .waiting, .routed, .rejected, .discarded]

    var number: Int { Self.numbered.firstIndex(of: self) ?? 0 }
    init(number: Int) { self = Self.numbered.indices.contains(number) ? Self.numbered[number] : .incoming }
}

extension DeliveryClass {
    var number: Int { self == .bulk ? 1 : 0 }
    init(number: Int) { self = number == 1 ? .bulk : .today }
}

extension Report.Status {
    private static let numbered: [Report.Status] = [.none, .awaited, .relayed, .delivered, .failed, .overdue]

    var number: Int { Self.numbered.firstIndex(of: self) ?? 0 }
    init(number: Int) { self = Self.numbered.indices.contains(number) ? Self.numbered[number] : .none }
}

/// JSON built piece by piece, for the parameters of functions.
struct JSONText {
    private(set) var text = ""
    private var isFirst = true

    /// An object of these fields.
    static func object(_ fill: (inout JSONText) -> Void) -> String {
        var json = JSONText()
        fill(&json)
        return "{" + json.text + "}"
    }

    static func array(_ elements: some Sequence<String>) -> String { "[" + elements.joined(separator: ",") + "]" }
    static func string(_ text: String) -> String { JSON.quoted(text) }

    /// A field whose value is JSON already.
    mutating func raw(_ name: String, _ value: String) {
        if !isFirst { text += "," }
        isFirst = false
        text += "\"" + name + "\":" + value
    }
    mutating func put(_ name: String, _ value: String) { raw(name, Self.string(value)) }
    mutating func put(_ name: String, _ value: some BinaryInteger) { raw(name, String(value)) }
    mutating func put(_ name: String, _ value: Bool) { raw(name, value ? "true" : "false") }
    /// Absent when nil.
    mutating func put(optional name: String, _ value: String?) { if let value { put(name, value) } }
}
