/// What SELECT told about a mailbox.
package struct IMAPMailbox: Sendable, Equatable {
    package var uidValidity: UInt32 = 0
    package var uidNext: UInt32 = 0
    package var exists = 0
    /// Whether keywords of our own may be set (`\*` in PERMANENTFLAGS).
    package var takesKeywords = false
    package var isReadOnly = false
}

/// One line of a listing: what can be known of a mail without touching it.
package struct IMAPSummary: Sendable, Equatable {
    package let uid: UInt32
    package let flags: [String]
    /// Bytes, as the server says; an estimate with some servers.
    package let size: Int
    /// The header block, if it was asked for.
    package let header: [UInt8]?
}

/// An IMAP session (RFC 9051, 3501), opened by libcurl, spoken by us. Blocking; one thread at a time. It reads with PEEK only: nothing
/// in the mailbox changes but by `addFlags` and `move`.
package final class IMAPSession {
    private let connection: CurlConnection
    private let timeout: Duration
    private var tag = 0
    /// The server told of a mail since the last search began.
    private var hasNews = false
    /// Upper-case words of CAPABILITY after log-in.
    package private(set) var capabilities: Set<String> = []

    /// Opens and logs in; then asks for the capabilities, as they differ after log-in.
    package init(_ server: MailServer) throws(WireFailure) {
        connection = try CurlConnection(.imap, server)
        timeout = server.replyTimeout
        // What arrived together with the log-in reply is lost in libcurl: start from the answer to this.
        for response in try command("CAPABILITY").untagged where response.first?.text?.uppercased() == "CAPABILITY" {
            capabilities.formUnion(response.dropFirst().compactMap { $0.text?.uppercased() })
        }
    }

    /// Opens a mailbox; `readOnly` uses EXAMINE.
    package func select(_ mailbox: String, readOnly: Bool = false) throws(WireFailure) -> IMAPMailbox {
        let answer = try command("\(readOnly ? "EXAMINE" : "SELECT") \(try Self.quoted(mailbox))")
        var result = IMAPMailbox(isReadOnly: answer.text.uppercased().contains("[READ-ONLY]"))
        for response in answer.untagged {
            if response.count > 1, response[1].text?.uppercased() == "EXISTS" { result.exists = Int(response[0].number ?? 0) }
        }
        for status in answer.statuses {
            if let number = Self.number("UIDVALIDITY", status) { result.uidValidity = number }
            if let number = Self.number("UIDNEXT", status) { result.uidNext = number }
            if status.uppercased().contains("[PERMANENTFLAGS") { result.takesKeywords = status.contains("\\*") }
        }
        return result
    }

    /// The UIDs that match, rising. `criteria` is IMAP's own (`UNKEYWORD $Passerelle UID 12:*`).
    package func search(_ criteria: String) throws(WireFailure) -> [UInt32] {
        try Self.checkPlain(criteria)
        hasNews = false
        var result: [UInt32] = []
        for response in try command("UID SEARCH \(criteria)").untagged where response.first?.text?.uppercased() == "SEARCH" {
            result += response.dropFirst().compactMap(\.number)
        }
        return result.sorted()
    }

    /// Flags, size and, if wanted, the header block of these mails; one that has vanished is left out.
    package func summaries(_ uids: [UInt32], headers: Bool = true, headerLimit: Int = 262_144) throws(WireFailure) -> [IMAPSummary] {
        guard !uids.isEmpty else { return [] }
        let list = uids.map(String.init).joined(separator: ",")
        let items = headers ? "UID FLAGS RFC822.SIZE BODY.PEEK[HEADER]<0.\(headerLimit)>" : "UID FLAGS RFC822.SIZE"
        return try command("UID FETCH \(list) (\(items))", literalLimit: headerLimit).fetched.compactMap { item in
            guard let uid = item["UID"]?.number else { return nil }
            let size = item["RFC822.SIZE"]?.text.flatMap { Int($0) } ?? 0
            let header = item.first { $0.key.hasPrefix("BODY[HEADER]") }?.value.bytes
            return IMAPSummary(uid: uid, flags: item["FLAGS"]?.items.compactMap(\.text) ?? [], size: size, header: header)
        }
    }

    /// A whole mail, byte for byte; nil when it has vanished. Larger than the limit: `answerTooLarge`, nothing read.
    package func message(_ uid: UInt32, limit: Int = 52_428_800) throws(WireFailure) -> [UInt8]? {
        for item in try command("UID FETCH \(uid) (UID BODY.PEEK[])", literalLimit: limit).fetched where item["UID"]?.number == uid {
            if let bytes = item["BODY[]"]?.bytes { return bytes }
        }
        return nil
    }

    /// Adds flags or keywords to one mail.
    package func addFlags(_ flags: [String], to uid: UInt32) throws(WireFailure) {
        for flag in flags { try Self.checkPlain(flag) }
        _ = try command("UID STORE \(uid) +FLAGS.SILENT (\(flags.joined(separator: " ")))")
    }

    /// Moves one mail (RFC 6851; without MOVE: COPY, `\Deleted`, UID EXPUNGE of this mail alone, RFC 4315). Without either nothing is
    /// done and the answer is false: a bare EXPUNGE would erase what others marked. A mail that is gone already counts as moved.
    package func move(_ uid: UInt32, to mailbox: String) throws(WireFailure) -> Bool {
        let name = try Self.quoted(mailbox)
        if capabilities.contains("MOVE") {
            _ = try command("UID MOVE \(uid) \(name)")
            return true
        }
        guard capabilities.contains("UIDPLUS") else { return false }
        _ = try command("UID COPY \(uid) \(name)")
        _ = try command("UID STORE \(uid) +FLAGS.SILENT (\\Deleted)")
        _ = try command("UID EXPUNGE \(uid)")
        return true
    }

    /// Creates a mailbox; one that exists is fine.
    package func create(_ mailbox: String) throws(WireFailure) {
        let name = try Self.quoted(mailbox)
        do throws(WireFailure) { _ = try command("CREATE \(name)") } catch { if error.reason != .commandRefused { throw error } }
    }

    /// Waits until the server tells of a new mail, the limit passes or `stop` says so, which is asked every second (RFC 2177); true when
    /// something came, also beside the answers to other commands since the last search. Servers without IDLE: the caller polls.
    package func idle(_ limit: Duration, stop: () -> Bool = { false }) throws(WireFailure) -> Bool {
        guard !hasNews, capabilities.contains("IDLE") else { return hasNews }
        tag += 1
        try connection.send("p\(tag) IDLE\r\n", within: timeout)
        let deadline = ContinuousClock.now + limit
        while !hasNews, !stop(), ContinuousClock.now < deadline {
            guard try connection.hasInput(within: min(deadline - .now, .seconds(1))) else { continue }
            let text = String(decoding: try connection.line(within: timeout), as: UTF8.self).uppercased()
            if text.hasPrefix("* BYE") { throw WireFailure(.serviceClosing, text) }
            hasNews = text.hasSuffix(" EXISTS") || text.hasSuffix(" RECENT")
        }
        try connection.send("DONE\r\n", within: timeout)
        _ = try answer("p\(tag)", literalLimit: 65_536)
        return hasNews
    }

    /// LOGOUT; the answer does not matter.
    package func logout() {
        do throws(WireFailure) { try connection.send("bye LOGOUT\r\n", within: .seconds(2)) } catch { return }
    }

    // MARK: - Commands

    private struct Answer {
        var untagged: [[IMAPValue]] = []
        /// Untagged status responses (`OK [UIDNEXT 7] …`), as text.
        var statuses: [String] = []
        /// The text of the tagged OK.
        var text = ""

        /// The items of each FETCH response, by upper-case name.
        var fetched: [[String: IMAPValue]] {
            untagged.filter { $0.count > 2 && $0[1].text?.uppercased() == "FETCH" }.map { response in
                var items: [String: IMAPValue] = [:]
                let list = response[2].items
                for index in stride(from: 0, to: list.count - 1, by: 2) { items[list[index].text?.uppercased() ?? ""] = list[index + 1] }
                return items
            }
        }
    }

    private func command(_ line: String, literalLimit: Int = 65_536) throws(WireFailure) -> Answer {
        tag += 1
        try connection.send("p\(tag) \(line)\r\n", within: timeout)
        return try answer("p\(tag)", literalLimit: literalLimit)
    }

    private func answer(_ tag: String, literalLimit: Int) throws(WireFailure) -> Answer {
        var result = Answer()
        while true {
            let pieces = try response(literalLimit)
            let text = String(decoding: pieces[0].text, as: UTF8.self)
            let words = text.split(separator: " ", maxSplits: 2).map(String.init)
            let kind = words.count > 1 ? words[1].uppercased() : ""
            let rest = words.count > 2 ? words[2] : ""
            if words.first == tag {
                guard kind == "OK" else { throw WireFailure(.commandRefused, "\(kind) \(rest)") }
                result.text = rest
                return result
            }
            guard words.first == "*" else { continue }  // a continuation nobody waits for
            if kind == "BYE" { throw WireFailure(.serviceClosing, rest) }
            if ["OK", "NO", "BAD", "PREAUTH"].contains(kind) {
                result.statuses.append(rest)
            } else {
                var reader = IMAPReader(pieces)
                let values = Array(try reader.values().dropFirst())
                if values.count > 1, values[1].text?.uppercased() == "EXISTS" { hasNews = true }
                result.untagged.append(values)
            }
            guard result.untagged.count < 100_000 else { throw WireFailure(.answerTooLarge, "too many IMAP responses") }
        }
    }

    /// One response: lines, with the literals that their `{n}` announces.
    private func response(_ literalLimit: Int) throws(WireFailure) -> [(text: [UInt8], literal: [UInt8]?)] {
        var pieces: [(text: [UInt8], literal: [UInt8]?)] = []
        while true {
            let line = try connection.line(within: timeout, longest: 4 << 20)
            guard line.last == 125, let open = line.lastIndex(of: 123),
                let count = Int(String(decoding: line[(open + 1)..<(line.count - 1)], as: UTF8.self))
            else {
                pieces.append((line, nil))
                return pieces
            }
            guard count >= 0, count <= literalLimit, pieces.count < 1000 else {
                throw WireFailure(.answerTooLarge, "an IMAP literal of \(count) bytes, more than \(literalLimit)")
            }
            pieces.append((Array(line[..<open]), try connection.bytes(count, within: timeout)))
        }
    }

    // MARK: - Arguments

    private static func quoted(_ name: String) throws(WireFailure) -> String {
        guard name.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) else { throw WireFailure(.requestInvalid, "a mailbox name that is not printable ASCII") }
        return "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private static func checkPlain(_ text: String) throws(WireFailure) {
        let plain = text.utf8.allSatisfy { $0 >= 32 && $0 < 127 && $0 != 123 }
        guard plain else { throw WireFailure(.requestInvalid, "an IMAP argument that is not plain ASCII") }
    }

    private static func number(_ key: String, _ status: String) -> UInt32? {
        guard let range = status.uppercased().firstRange(of: "[\(key) ") else { return nil }
        return UInt32(status[range.upperBound...].prefix { $0.isNumber })
    }
}
