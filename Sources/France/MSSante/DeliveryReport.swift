package import Clinical

/// What became of one recipient, by a delivery report (RFC 3464 §2.3).
package struct RecipientReport: Sendable, Hashable {
    /// RFC 3464 §2.3.3.
    package enum Action: String, Sendable { case failed, delayed, delivered, relayed, expanded }

    /// The address as the mail named it (ORCPT), else where it ended.
    package let address: String
    package let action: Action
    /// `5.1.1`; derived from the diagnostic, else from the action, where the report writes a sentence in its place.
    package let status: String
    /// Three digits of the diagnostic's reply, when it has one.
    package let reply: String?
    /// The diagnostic, unfolded. May quote an address.
    package let diagnostic: String
}

/// A delivery report (RFC 3462, 3464): whose mail, and what became of it. Read tolerantly: the reports of Postfix, Exchange and James differ.
package struct DeliveryReport: Sendable, Hashable {
    /// `Original-Envelope-Id`: the ENVID given with the mail.
    package let envelopeID: String?
    /// Message-ID of the returned headers, without brackets.
    package let messageID: String?
    package let recipients: [RecipientReport]

    /// Whether a header block is one of a delivery report: enough to leave everything else in a mailbox alone.
    package static func isReport(header: [UInt8]) -> Bool {
        guard let mail = try? ReadMail(header), mail.type == "multipart/report" else { return false }
        return mail.parameters["report-type"]?.lowercased() == "delivery-status"
    }

    /// Reads a mail; nil when it is no delivery report.
    package init?(_ mail: ReadMail) {
        guard mail.type == "multipart/report", let status = mail.all.first(where: { Self.statusTypes.contains($0.type) }) else { return nil }
        let groups = Self.groups(status.parts.isEmpty ? status.decoded : status.parts.flatMap(\.decoded))
        guard let first = groups.first else { return nil }
        envelopeID = Self.field("original-envelope-id", first).map { Self.xtextDecoded(Self.withoutComments($0)) }
        recipients = groups.compactMap(Self.recipient)
        guard !recipients.isEmpty else { return nil }
        messageID = Self.returnedMessageID(mail)
    }

    private static let statusTypes: Set<String> = ["message/delivery-status", "message/global-delivery-status"]

    /// Groups of fields, parted by one or more blank lines.
    private static func groups(_ bytes: [UInt8]) -> [[ReadMail.Header]] {
        var groups: [[UInt8]] = [[]]
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            if line.allSatisfy({ $0 == 13 || $0 == 32 || $0 == 9 }) { groups.append([]) } else { groups[groups.count - 1] += line + [10] }
        }
        return groups.filter { !$0.isEmpty }.prefix(500).compactMap { try? ReadMail.headers($0[...]) }
    }

    private static func recipient(_ group: [ReadMail.Header]) -> RecipientReport? {
        guard let final = field("final-recipient", group), let word = field("action", group).map(withoutComments)?.lowercased(),
            let action = RecipientReport.Action(rawValue: word)
        else { return nil }
        let diagnostic = field("diagnostic-code", group) ?? ""
        let original = field("original-recipient", group).map { xtextDecoded(typed($0)) }
        let reply = typed(diagnostic).split { !$0.isNumber && $0 != "." }.first { $0.count == 3 && "245".contains($0.first ?? " ") && !$0.contains(".") }
        let written = field("status", group).map(withoutComments) ?? ""
        let status = isStatus(written) ? written : statusWithin(diagnostic) ?? fallback(action)
        return RecipientReport(
            address: original ?? typed(final), action: action, status: status, reply: isSMTP(diagnostic) ? reply.map { String($0) } : nil,
            diagnostic: diagnostic)
    }

    private static func isSMTP(_ diagnostic: String) -> Bool { diagnostic.lowercased().hasPrefix("smtp") }

    private static func fallback(_ action: RecipientReport.Action) -> String {
        switch action {
        case .failed: "5.0.0"
        case .delayed: "4.0.0"
        case .delivered, .relayed, .expanded: "2.0.0"
        }
    }

    private static func isStatus(_ text: String) -> Bool {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 3 && ["2", "4", "5"].contains(numbers[0]) && numbers.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(\.isNumber) }
    }

    private static func statusWithin(_ text: String) -> String? {
        text.split { !$0.isNumber && $0 != "." }.map(String.init).first(where: isStatus)
    }

    /// The part behind `rfc822;`, `smtp;`, `dns;`, with or without a blank.
    private static func typed(_ text: String) -> String {
        guard let semicolon = text.firstIndex(of: ";") else { return text }
        return trimmed(text[text.index(after: semicolon)...])
    }

    private static func withoutComments(_ text: String) -> String {
        var depth = 0
        let kept = text.filter { character in
            if character == "(" { depth += 1 }
            defer { if character == ")" { depth = max(0, depth - 1) } }
            return depth == 0
        }
        return trimmed(kept[...])
    }

    private static func trimmed(_ text: Substring) -> String {
        guard let first = text.firstIndex(where: { !$0.isWhitespace }), let last = text.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(text[first...last])
    }

    private static func field(_ name: String, _ group: [ReadMail.Header]) -> String? { group.first { $0.name.lowercased() == name }?.value }

    /// `+HH` of RFC 3461 §4.
    private static func xtextDecoded(_ text: String) -> String {
        var result: [UInt8] = []
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            if byte == 43, let value = UInt8(String(decoding: bytes.prefix(2), as: UTF8.self), radix: 16), bytes.count >= 2 {
                result.append(value)
                bytes = bytes.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The returned headers or mail follow the status; a bounce within a bounce is not looked into.
    private static func returnedMessageID(_ mail: ReadMail) -> String? {
        for part in mail.all where ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"].contains(part.type) {
            guard let headers = try? ReadMail(part.decoded).headers, let found = headers.first(where: { $0.name.lowercased() == "message-id" }) else {
                continue
            }
            let id = found.value.filter { !$0.isWhitespace && $0 != "<" && $0 != ">" }
            if !id.isEmpty { return id }
        }
        return nil
    }
}
