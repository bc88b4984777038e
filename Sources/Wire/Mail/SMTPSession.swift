/// What became of one mail transaction, by what the server can have taken over.
package enum SMTPOutcome: Sendable {
    /// MAIL FROM was refused; nothing was taken.
    case senderRefused(SMTPReply)
    /// Each recipient's reply, in the order given, and the reply after the final dot (nil: no recipient was accepted, no data sent; a
    /// negative one may also be the answer to DATA itself). Only a 2xx there means that the accepted recipients are the server's now.
    case settled(recipients: [SMTPReply], data: SMTPReply?)
    /// The server announced a smaller limit (SIZE): nothing was sent.
    case tooLarge(limit: Int)
    /// It broke before the final dot: the server has taken nothing.
    case nothingSent(WireFailure)
    /// It broke after the final dot: the server may have taken the mail.
    case unanswered(WireFailure)
}

/// An SMTP submission session: opened by libcurl, spoken by us. Blocking; one thread at a time.
package final class SMTPSession {
    /// What EHLO announced.
    package struct Capabilities: Sendable {
        /// The limit in bytes; nil when SIZE is not announced, 0 means announced without a limit.
        package var size: Int?
        /// Delivery reports (RFC 3461).
        package var dsn = false
    }

    package private(set) var capabilities = Capabilities()
    private let connection: CurlConnection
    private let timeout: Duration

    /// Opens, logs in and asks for the capabilities anew: libcurl keeps them to itself, and swallows what came with the log-in reply.
    package init(_ server: MailServer) throws(WireFailure) {
        connection = try CurlConnection(.smtp, server)
        timeout = server.replyTimeout
        let greeting = try command("EHLO \(server.ownName)")
        guard greeting.reply.code == 250 else { throw WireFailure(.protocolViolation, "EHLO was answered \(greeting.reply.code) \(greeting.reply.text)") }
        for line in greeting.lines.dropFirst() {
            let words = line.dropFirst(4).uppercased().split(separator: " ")
            if words.first == "SIZE" { capabilities.size = words.count > 1 ? Int(words[1]) ?? 0 : 0 }
            if words.first == "DSN" { capabilities.dsn = true }
        }
    }

    /// One mail. The pieces are its bytes as they are (lines end in CRLF); dots are doubled on the way.
    package func send(_ envelope: SMTPEnvelope, _ mail: [BodyPart]) -> SMTPOutcome {
        do throws(WireFailure) {
            guard envelope.sender.isEmpty || SMTPEnvelope.isAddress(envelope.sender), envelope.recipients.allSatisfy({ SMTPEnvelope.isAddress($0.address) })
            else { throw WireFailure(.requestInvalid, "an address that cannot stand in a command") }
            if let limit = capabilities.size, limit > 0, mail.byteCount > limit { return .tooLarge(limit: limit) }
            let sender = try command(mailFrom(envelope, size: mail.byteCount)).reply
            guard sender.isPositive else {
                reset()
                return .senderRefused(sender)
            }
            var replies: [SMTPReply] = []
            for recipient in envelope.recipients { replies.append(try command(rcptTo(recipient)).reply) }
            guard replies.contains(where: \.isPositive) else {
                reset()
                return .settled(recipients: replies, data: nil)
            }
            let go = try command("DATA").reply
            guard go.code == 354 else {
                // The answer to another command: what follows answers nothing that we asked.
                if go.isPositive { throw WireFailure(.protocolViolation, "DATA was answered \(go.code)") }
                reset()
                return .settled(recipients: replies, data: go)
            }
            return try deliver(mail, replies)
        } catch {
            return .nothingSent(error)
        }
    }

    private func deliver(_ mail: [BodyPart], _ replies: [SMTPReply]) throws(WireFailure) -> SMTPOutcome {
        var stuffing = DotStuffing()
        var reader = BodyReader(mail)
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = try reader.read(&piece)
            if count == 0 { break }
            try send(stuffing.stuffed(piece[..<count]))
        }
        do throws(WireFailure) {
            try send(stuffing.end)
            let data = try reply().reply
            // 3xx takes nothing over, and refuses nothing.
            guard data.code < 300 || !data.isPositive else { throw WireFailure(.protocolViolation, "the mail was answered \(data.code)") }
            return .settled(recipients: replies, data: data)
        } catch {
            return .unanswered(error)
        }
    }

    /// QUIT; the answer does not matter.
    package func quit() {
        do throws(WireFailure) {
            try connection.send("QUIT\r\n", within: .seconds(2))
            _ = try connection.line(within: .seconds(2))
        } catch { return }
    }

    private func reset() {
        do throws(WireFailure) { _ = try command("RSET") } catch { return }
    }

    // MARK: - Lines

    private func mailFrom(_ envelope: SMTPEnvelope, size: Int) -> String {
        var line = "MAIL FROM:<\(envelope.sender)>"
        if capabilities.size != nil { line += " SIZE=\(size)" }
        if capabilities.dsn, let id = envelope.envelopeID { line += " RET=\(envelope.headersOnly ? "HDRS" : "FULL") ENVID=\(SMTPEnvelope.xtext(id))" }
        return line
    }

    private func rcptTo(_ recipient: SMTPEnvelope.Recipient) -> String {
        var line = "RCPT TO:<\(recipient.address)>"
        if capabilities.dsn, !recipient.notify.isEmpty {
            line += " NOTIFY=" + recipient.notify.map(\.rawValue).joined(separator: ",") + " ORCPT=rfc822;" + SMTPEnvelope.xtext(recipient.address)
        }
        return line
    }

    private func command(_ line: String) throws(WireFailure) -> (reply: SMTPReply, lines: [String]) {
        try connection.send(line + "\r\n", within: timeout)
        return try reply()
    }

    private func send(_ bytes: [UInt8]) throws(WireFailure) {
        try connection.send(bytes, within: timeout)
    }

    private func reply() throws(WireFailure) -> (reply: SMTPReply, lines: [String]) {
        var lines: [String] = []
        while lines.count < 200 {
            let line = String(decoding: try connection.line(within: timeout, longest: 4096), as: UTF8.self)
            lines.append(line)
            if line.utf8.count > 3, line.utf8.dropFirst(3).first == 45 { continue }  // "250-": more follow
            guard let reply = SMTPReply(lines: lines) else { break }
            return (reply, lines)
        }
        throw WireFailure(.protocolViolation, "a reply that is none")
    }
}

/// Doubles the dot at the start of a line (RFC 5321 §4.5.2) over a stream of pieces, and ends it with CRLF `.` CRLF.
struct DotStuffing {
    private var last: (UInt8, UInt8) = (13, 10)

    mutating func stuffed(_ piece: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(piece.count + 64)
        for byte in piece {
            if byte == 46, last.1 == 10 { result.append(46) }
            result.append(byte)
            last = (last.1, byte)
        }
        return result
    }

    /// What ends the data: the mail's own last line end is used when it has one.
    var end: [UInt8] { last == (13, 10) ? [46, 13, 10] : [13, 10, 46, 13, 10] }
}

extension BodyReader {
    /// Fills an array from its start.
    mutating func read(_ space: inout [UInt8]) throws(WireFailure) -> Int {
        var count = 0
        var failure: WireFailure?
        space.withUnsafeMutableBytes { raw in
            do throws(WireFailure) { count = try read(into: raw) } catch { failure = error }
        }
        if let failure { throw failure }
        return count
    }
}
